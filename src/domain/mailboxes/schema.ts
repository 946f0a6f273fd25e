import { type Static, Type } from 'typebox'
import { Closed, EmailAddress, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const Mailbox = Closed(
  {
    id: Id(),
    address: Type.String(),
    name: Type.String({ description: 'The sender that people read' }),
    type: Key('Mail here becomes tickets of this type'),
    priority: Nullable(Key()),
    category: Nullable(Key()),
    project: Nullable(Key()),
    teamId: Nullable(Id()),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Mailbox' },
)
export type Mailbox = Static<typeof Mailbox>

const settings = {
  name: Type.Optional(Line(200)),
  type: Type.Optional(Key()),
  priority: Type.Optional(Nullable(Key())),
  category: Type.Optional(Nullable(Key())),
  project: Type.Optional(Nullable(Key())),
  teamId: Type.Optional(Nullable(Id())),
}

export const AddMailbox = Closed({ address: EmailAddress, ...settings })
export const ChangeMailbox = Closed({ mailboxId: Id(), expectedVersion: ExpectedVersion, ...settings })
export const MailboxAct = Closed({ mailboxId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'mailbox.added': { address: string }
    'mailbox.changed': Record<string, never>
    'mailbox.removed': { address: string }
  }
}
