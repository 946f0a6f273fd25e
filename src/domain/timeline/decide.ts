import type { Event } from '../events/schema.ts'
import { isPublicField } from '../fields/policy.ts'
import type { Definitions } from '../fields/schema.ts'
import { agentsOnly, Ticket } from '../tickets/schema.ts'
import type { EntryKind } from './schema.ts'

/** Which events a kind of entry is made of; all others are `other`. What rules did is told by their runs. */
const KIND_OF_EVENT: Record<string, EntryKind> = {
  'ticket.opened': 'message',
  'ticket.replied': 'message',
  'message.held': 'message',
  'conversation.replied': 'message',
  'ticket.noted': 'note',
  'ticket.changed': 'change',
  'ticket.assigned': 'assignment',
}

const TOLD_BY_RUNS = ['rule.failed', 'rule.guarded']

export const kindOfEvent = (type: string): EntryKind => KIND_OF_EVENT[type] ?? 'other'

/** The event types of some kinds, or with `other` those that are none of them. */
export function eventTypesOf(kinds: readonly EntryKind[]): { types: string[]; areExcluded: boolean } {
  const named = Object.entries(KIND_OF_EVENT)
  if (!kinds.includes('other'))
    return { types: named.flatMap(([type, kind]) => (kinds.includes(kind) ? [type] : [])), areExcluded: false }
  const absent = named.flatMap(([type, kind]) => (kinds.includes(kind) ? [] : [type]))
  return { types: [...absent, ...TOLD_BY_RUNS], areExcluded: true }
}

/** What tells a requester of a message; of one that was held its release does, as of a reply. */
export const PUBLIC_MESSAGES = ['ticket.opened', 'ticket.replied']

const hidden: readonly string[] = agentsOnly
const publicMembers = Object.keys(Ticket.properties).filter((name) => !hidden.includes(name))

/** By which names requesters hear of a change. */
export const publicNames = (definitions: Definitions): string[] => [
  ...publicMembers,
  ...[...definitions.keys()].map((key) => `fields.${key}`).filter((name) => isPublicField(name, definitions)),
]

/** The changes that requesters may read. */
export function publicChanges(changes: Event['changes'], names: readonly string[]): Event['changes'] {
  return Object.fromEntries(Object.entries(changes).filter(([name]) => names.includes(name)))
}
