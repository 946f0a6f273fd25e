import type { Instant } from '../../kernel/clock.ts'
import type { AddRule } from './schema.ts'
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
    revision,
    createdAt: now,
    updatedAt: now,
  }
}
