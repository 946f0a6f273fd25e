import type { MessageRow } from '../conversations/decide.ts'
import type { Side } from '../conversations/side.ts'
import type { MailboxRow } from '../mailboxes/store.ts'
import type { ReportedMail } from '../outbound/store.ts'
import type { PersonRow } from '../people/decide.ts'
import type { Assignee } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import type { Vocabulary } from '../types/store.ts'
import type { Asked } from './commands.ts'
import type { Filing } from './decide.ts'
import type { MailCommand } from './schema.ts'
import type { InboundRow } from './store.ts'

/** All that is needed to file a mail. */
export interface Found {
  row: InboundRow
  identity: string
  /** The address that it is filed under, and whose that is. */
  author: string
  person: PersonRow | undefined
  /** Who wrote the mail that this one hands on. */
  original: PersonRow | undefined
  words: Vocabulary
  mailboxes: readonly MailboxRow[]
  filing: Filing
  /** What a proven agent asks for beside answering, and who is named in it by address. */
  asked: Asked | null
  named: ReadonlyMap<string, PersonRow>
  /** Who is written to in a note, of those who work here. */
  mentioned: readonly Assignee[]
  /** Everybody else in To and Cc; `copied` are those of them who are known, where they are to follow. */
  others: readonly string[]
  copied: ReadonlyMap<string, PersonRow>
  /** The message that it became without having been read. */
  unread: MessageRow | undefined
  locked: LockedTicket | undefined
  /** Where on the ticket it belongs, if not in the conversation with the requester. */
  side: Side | undefined
  /** Of the ticket that is to be opened. */
  number: number
  /** The mail of ours that a report is about. */
  reported: ReportedMail | undefined
}

/** Where a mail went. */
export interface Written {
  ticketId: string
  messageId: string
  number: number
  /** What was asked for in it, and whether it was done. */
  commands?: MailCommand[]
}
