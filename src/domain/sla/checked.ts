import { readCondition } from '../../kernel/condition/parse.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { ticketFields } from '../tickets/conditions.ts'
import type { Vocabulary } from '../types/store.ts'
import { type SlaPolicy, type SlaTarget, slaMetrics, type TargetInput } from './schema.ts'

type Given = Partial<Pick<SlaPolicy, 'if' | 'pausedIn' | 'calendar'>> & { targets?: readonly TargetInput[] }

/** Refuses a policy that could not work, with every fault at its place in the input. What is not given is not asked about. */
export function checkPolicy(given: Given, words: Vocabulary, calendars: ReadonlySet<string>): void {
  const { if: condition, targets = [], pausedIn, calendar = null } = given
  const faults: Fault[] = [
    ...(condition ? readCondition(condition, ticketFields(words), { at: '/if', use: 'list' }).faults : []),
    ...(calendar === null || calendars.has(calendar) ? [] : [unknown('/calendar', `${calendar} is no calendar`)]),
    ...targets.flatMap((target, n) => targetFaults(target, targets.slice(0, n), words, `/targets/${n}`)),
    ...(pausedIn ?? []).flatMap((status, n) =>
      words.statuses.has(status) ? [] : [unknown(`/pausedIn/${n}`, `${status} is no status`)],
    ),
  ]
  if (faults.length) throw invalidInput(faults)
}

const unknown = (pointer: string, detail: string): Fault => ({ pointer, code: 'not_found', detail })

function targetFaults(
  target: TargetInput,
  before: readonly TargetInput[],
  { priorities }: Vocabulary,
  at: string,
): Fault[] {
  const { priority } = target
  const faults: Fault[] = []
  if (priority !== null && !priorities.has(priority))
    faults.push(unknown(`${at}/priority`, `${priority} is no priority`))
  if (before.some((each) => each.priority === priority))
    faults.push({ pointer: `${at}/priority`, code: 'twice', detail: 'has a target already' })
  if (slaMetrics.every((metric) => (target[`${metric}Seconds`] ?? null) === null))
    faults.push({ pointer: at, code: 'missing', detail: 'promises nothing' })
  return faults
}

/** What is not promised is null, never missing. */
export const wholeTargets = (targets: readonly TargetInput[]): SlaTarget[] =>
  targets.map(({ priority, firstReplySeconds = null, nextReplySeconds = null, resolutionSeconds = null }) => ({
    priority,
    firstReplySeconds,
    nextReplySeconds,
    resolutionSeconds,
  }))
