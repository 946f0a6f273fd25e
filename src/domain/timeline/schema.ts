import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import type { Message } from '../conversations/schema.ts'
import { Event } from '../events/schema.ts'
import type { OutboundMail } from '../outbound/schema.ts'
import type { RuleRun } from '../rules/schema.ts'

/** What an entry tells of; requesters read messages and changes only. */
export const entryKinds = ['message', 'note', 'change', 'assignment', 'mail', 'rule_run', 'other'] as const
export const EntryKind = Type.Enum([...entryKinds])
export type EntryKind = Static<typeof EntryKind>

export const TimelineEntry = Closed(
  {
    id: Id('Of the event, the mail or the run of a rule'),
    kind: EntryKind,
    at: Timestamp,
    type: Nullable(Type.String({ description: 'Of the event; null for mails and runs of rules' })),
    actor: Nullable(Event.properties.actor),
    channel: Nullable(Type.Enum([...channels])),
    message: Nullable(Type.Unsafe<Message>(Type.Ref('Message'))),
    changes: Event.properties.changes,
    mail: Nullable(Type.Unsafe<OutboundMail>(Type.Ref('OutboundMail'))),
    ruleRun: Nullable(Type.Unsafe<RuleRun>(Type.Ref('RuleRun'))),
    cause: Event.properties.cause,
  },
  { $id: 'TimelineEntry', description: 'Something that happened on a ticket' },
)
export type TimelineEntry = Static<typeof TimelineEntry>
