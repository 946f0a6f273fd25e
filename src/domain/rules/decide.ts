import type { Instant } from '../../kernel/clock.ts'
import type { AddRule, RuleWait, WaitInput } from './schema.ts'
import type { RuleRow } from './store.ts'

/** A rule as it is first, with what its author left open. */
export function newRule(
  input: AddRule,
  { revision, position }: { revision: number; position: number },
  now: Instant,
): RuleRow {
  return {
    types: null,
    position,
    enabled: true,
    state: 'published',
    stop: false,
    reactToRules: false,
    ...input,
    after: waitOf(input.after),
    revision,
    waitsFrom: revision,
    createdAt: now,
    updatedAt: now,
  }
}

/** A wait in full, its members in the order in which jsonb keeps them: what is the same reads the same. */
export const waitOf = (input: WaitInput | undefined): RuleWait | null =>
  input ? { unless: input.unless ?? [], seconds: input.seconds } : null

/** What a wait was begun by: once that changes, nobody waits for it any more. Condition and actions are asked for when it is over. */
const beginsWaits = ['on', 'types', 'after', 'enabled', 'state']

/** Whether a change of these fields ends the waits that are under way. */
export const endsWaits = (changed: readonly string[]): boolean => changed.some((field) => beginsWaits.includes(field))
