import { eq, type SQLWrapper, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, named, prepare, prepareLock, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { InboundMail } from '../mail/schema.ts'
import type { Envelope, InboundMailRow } from './schema.ts'
import { inboundMails } from './table.ts'

export type InboundRow = typeof inboundMails.$inferSelect

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(inboundMails)).from(inboundMails).where(eq(inboundMails.id, $.id)).for('update'),
)

export async function lockInboundMail(tx: Connection, id: string): Promise<InboundRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('inbound_mail_not_found')
  return row
}

// asked of every mail that is filed: in one statement
const lockable = ($: { id: SQLWrapper; identity: SQLWrapper }) => ({
  ...rowOf(inboundMails),
  duplicateOf: named<string | null>(
    'duplicateOf',
    sql`(select o.id from inbound_mails o where o.identity = ${$.identity} and o.id <> ${$.id})`,
  ),
})
const lockedToFile = prepareLock<{ id: string; identity: string }>()(inboundMails, ($) =>
  build.select(lockable($)).from(inboundMails).where(eq(inboundMails.id, $.id)),
)
const lockedToOpen = prepareLock<{ id: string; identity: string }>()(inboundMails, ($) =>
  build
    .select({ ...lockable($), number: named<number>('number', sql`nextval('ticket_number')::int`) })
    .from(inboundMails)
    .where(eq(inboundMails.id, $.id)),
)

export interface ToFile {
  row: InboundRow
  /** The mail of the same identity that was filed before. */
  duplicateOf: string | null
  /** Of the ticket that it will most likely open. */
  number: number | undefined
}

/** The journal row, locked, with what is asked of every mail. */
export async function lockToFile(
  tx: Connection,
  { id, identity, likely }: { id: string; identity: string; likely: 'new' | 'answer' },
): Promise<ToFile> {
  if (likely === 'new') {
    const [found] = (await tx.query(lockedToOpen.bind({ id, identity }))).rows
    if (!found) throw new Problem('inbound_mail_not_found')
    const { duplicateOf, number, ...row } = found
    return { row, duplicateOf, number }
  }
  const [found] = (await tx.query(lockedToFile.bind({ id, identity }))).rows
  if (!found) throw new Problem('inbound_mail_not_found')
  const { duplicateOf, ...row } = found
  return { row, duplicateOf, number: undefined }
}

// the same of a mail that has no row yet
const askedToFile = prepareSql<{ identity: string }, Omit<ToFile, 'row'>>()(
  ($) => sql`select (select id from inbound_mails where identity = ${$.identity}) as "duplicateOf"`,
  { merges: true },
)
const askedToOpen = prepareSql<{ identity: string }, Omit<ToFile, 'row'>>()(
  ($) =>
    sql`select (select id from inbound_mails where identity = ${$.identity}) as "duplicateOf", nextval('ticket_number')::int as number`,
  { merges: true },
)

/** What is asked of every mail, of one whose journal row is written with all else that becomes of it. */
export async function askToFile(
  tx: Connection,
  { row, identity, likely }: { row: InboundRow; identity: string; likely: 'new' | 'answer' },
): Promise<ToFile> {
  const asked = likely === 'new' ? askedToOpen : askedToFile
  const [found] = (await tx.query(asked.bind({ identity }))).rows
  return { row, duplicateOf: found?.duplicateOf ?? null, number: found?.number }
}

const known = prepareSql<{ identity: string }, { id: string }>()(
  ($) => sql`select id from inbound_mails where identity = ${$.identity}`,
)

/** The mail with that identity, for one that has no row itself. */
export const mailKnownAs = async (connection: Connection, identity: string): Promise<string | null> =>
  (await connection.query(known.bind({ identity }))).rows[0]?.id ?? null

/** What is larger does not come with its claim. */
const SMALL_BYTES_MAX = 1_048_576

interface Claimed {
  sha256: string
  size: number
  attempts: number
  mailFrom: string
  mailboxId: string
  rcptTo: string
  peer: string
  isReleased: boolean
  /** The message itself, where it is small; null for one that is read from a file. */
  raw: Uint8Array | null
}

export const envelopeOf = ({ mailboxId, mailFrom, rcptTo, peer, releasedAt }: InboundRow): Envelope => ({
  mailboxId,
  mailFrom,
  rcptTo,
  peer,
  isReleased: releasedAt !== null,
})

// the message comes with the claim: one round trip
const claim = prepareSql<{ id: string; workerId: string }, Claimed>()(
  ($) => sql`update inbound_mails set worker_id = ${$.workerId}, attempts = attempts + 1
    where id = ${$.id} and state = 'pending' returning sha256, size, attempts, mail_from as "mailFrom", mailbox_id as "mailboxId", rcpt_to as "rcptTo", peer, released_at is not null as "isReleased",
      (select string_agg(bytes, ''::bytea order by n) from blob_chunks c where c.sha256 = inbound_mails.sha256 and inbound_mails.size <= ${sql.raw(String(SMALL_BYTES_MAX))}) as raw`,
)

export const claimRow = async (tx: Connection, id: string, workerId: string) =>
  (await tx.query(claim.bind({ id, workerId }))).rows[0]

const IDS_MAX = 50
export const CORRESPONDENTS_MAX = 40

/** Message-IDs that a mail answers or follows: In-Reply-To first, then References from the newest back. */
export const answeredIds = ({ inReplyTo, references }: Pick<InboundMail, 'inReplyTo' | 'references'>): string[] =>
  [...new Set([...(inReplyTo ? [inReplyTo] : []), ...references.toReversed()])].filter(isTelling).slice(0, IDS_MAX)

const UNSTRUCTURED_ID_LENGTH_MIN = 16

/** A word like "yes" in place of an id (RFC 5322 §3.6.4 wants an @) is in many mails, and would make one thread of them all. */
const isTelling = (id: string): boolean => id.includes('@') || id.length >= UNSTRUCTURED_ID_LENGTH_MIN

/** Puts a mail before the worker once more, with all its tries; answers the row as it is read. */
export function queueAgain(
  { update, enqueue }: CommandContext,
  row: InboundRow,
  changes: Partial<Pick<InboundRow, 'releasedAt'>>,
): InboundMailRow {
  update(inboundMails, row, { ...changes, state: 'pending', attempts: 0, workerId: null })
  enqueue({ queue: 'mail.parse', data: { inboundMailId: row.id } })
  const { id, mailboxId, state, receivedAt, mailFrom, rcptTo, size, outcome, ticketId, messageId } = row
  const verdict = outcome?.verdict ?? null
  return { id, mailboxId, state, receivedAt, mailFrom, rcptTo, size, verdict, outcome, ticketId, messageId }
}
