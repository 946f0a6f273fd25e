import type { Fault } from '../../kernel/problems.ts'
import { typesWithDeadEnds, workflowOf } from '../workflows/decide.ts'
import type { Noun, TicketType } from './schema.ts'
import type { Vocabulary } from './store.ts'

/** What would be wrong with a vocabulary once this word is as it is in it, each fault at the member that brings it about. */
export function wordFaults(noun: Noun, key: string, after: Vocabulary): Fault[] {
  const type = noun === 'type' ? after.types.get(key) : undefined
  if (type) return typeFaults(type, after)
  return noun === 'status' ? deadEndFaults(after, '/category') : []
}

function typeFaults({ key, defaultStatus, defaultPriority }: TicketType, after: Vocabulary): Fault[] {
  const { statuses, priorities } = after
  const faults: Fault[] = []
  if (!statuses.has(defaultStatus)) faults.push(unknown('/defaultStatus', `${defaultStatus} is no status`))
  else if (!workflowOf(after, key).statuses.includes(defaultStatus))
    faults.push({ pointer: '/defaultStatus', code: 'not_allowed', detail: 'is no status of the workflow of this type' })
  if (!priorities.has(defaultPriority)) faults.push(unknown('/defaultPriority', `${defaultPriority} is no priority`))
  return [...faults, ...openFaults(after, '/enabled')]
}

const unknown = (pointer: string, detail: string): Fault => ({ pointer, code: 'not_found', detail })

/** What would be wrong with a vocabulary from which a word is gone. */
export function goneFaults(noun: Noun, after: Vocabulary, pointer: string): Fault[] {
  if (noun === 'type') return openFaults(after, pointer)
  return noun === 'status' ? deadEndFaults(after, pointer) : []
}

function openFaults({ types }: Vocabulary, pointer: string): Fault[] {
  if ([...types.values()].some(({ enabled, hidden }) => enabled && !hidden)) return []
  return [{ pointer, code: 'not_allowed', detail: 'requesters need one type that they can open' }]
}

/** The fault of a change by which a workflow would have statuses that never reach a closed one. */
function deadEndFaults(after: Vocabulary, pointer: string): Fault[] {
  const lost = typesWithDeadEnds(after)
  if (!lost.length) return []
  return [{ pointer, code: 'dead_end', detail: `no closed status could be reached in ${lost.join('; ')}` }]
}
