import type { Connection } from '../../db/client.ts'
import type { CommandContext, SubjectContext } from '../../kernel/context.ts'
import { accessCached } from '../access/ways.ts'
import { findMentioned } from '../conversations/mentions.ts'
import { findSide } from '../conversations/side.ts'
import { lockMessage } from '../conversations/store.ts'
import type { InboundMail } from '../mail/schema.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { findReportedMail } from '../outbound/store.ts'
import type { PersonRow } from '../people/decide.ts'
import { findPeopleByAddresses, NEW_PERSON_CONSTRAINTS } from '../people/store.ts'
import { firedLately } from '../rules/firings.ts'
import { isDone } from '../tickets/decide.ts'
import { type LockedTicket, lockTicket, nextNumber } from '../tickets/store.ts'
import { vocabulary } from '../types/store.ts'
import { type Asked, askedBy } from './commands.ts'
import { authorAddress, replyOf } from './content.ts'
import { type Filing, filingOf, outcomeOf, taggedNumber } from './decide.ts'
import { gatherEvidence } from './evidence.ts'
import type { Found, Written } from './found.ts'
import { joinTicket } from './joining.ts'
import { openFromMail } from './opening.ts'
import { recordMachineMail } from './recording.ts'
import { otherAddresses } from './remember.ts'
import { addressesIn } from './running.ts'
import type { Envelope, MailOutcome } from './schema.ts'
import { answeredIds, type InboundRow, type ToFile } from './store.ts'
import { inboundMails } from './table.ts'

/** What the kernel runs a command again for. */
const SERIALIZATION_FAILURE = '40001'

/** Somebody was quicker: with the same mail, or with a person whom it names. */
export const FILING_RACES: readonly string[] = ['inbound_mails_identity', ...NEW_PERSON_CONSTRAINTS]

/** Most mails whose traces name nothing open a ticket: its number is drawn with the first question. */
export const likelyOf = (mail: InboundMail, rcptTo: string): 'new' | 'answer' =>
  !rcptTo.includes('+') && answeredIds(mail).length === 0 && taggedNumber(mail.subject) === undefined ? 'new' : 'answer'

/** All that decides what becomes of a mail, and what it touches, locked. `asking` is what is asked of every mail. */
export async function findToFile(
  { tx, cached, secrets, settings, now }: SubjectContext,
  mail: InboundMail,
  { mailFrom, rcptTo, peer, isReleased }: Envelope,
  { identity, asking }: { identity: string; asking: Promise<ToFile> },
): Promise<Found> {
  const author = authorAddress(mail, mailFrom)
  const way = { rcptTo, peer, isReleased, author, duplicateOf: asking.then(({ duplicateOf }) => duplicateOf) }
  const boxes = cached(mailboxesCached)
  const [{ row, number: likelyNumber }, { evidence, person, original }, words, mailboxes] = await Promise.all([
    asking,
    gatherEvidence(tx, { secrets, settings, mailboxes: boxes, access: cached(accessCached) }, mail, way),
    cached(vocabulary),
    boxes,
  ])
  const { filing, asked } = askedBy(filingOf(evidence), mail, evidence.kind)
  const others = otherAddresses(mail, { mailboxes, replyDomain: settings.replyDomain, sender: author })
  const more = await lookFurther(tx, mail, { filing, asked, others, row, likelyNumber }, { secrets, now })
  return { row, identity, author, person, original, words, mailboxes, filing, asked, others, ...more }
}

/** Makes of the mail what was decided, and closes its journal row, both in the caller's transaction. */
export async function fileFound(context: CommandContext, mail: InboundMail, found: Found): Promise<MailOutcome> {
  const { row, filing } = found
  const written = await write(context, mail, found)
  const outcome: MailOutcome = {
    ...outcomeOf(filing, mail),
    ticketNumber: written?.number ?? null,
    ticketId: written?.ticketId ?? null,
    ...(written?.commands ? { commands: written.commands } : {}),
  }
  context.update(inboundMails, row, {
    state: 'done',
    workerId: null,
    verdict: filing.verdict,
    outcome,
    ticketId: written?.ticketId ?? null,
    messageId: written?.messageId ?? null,
    headerMessageId: mail.messageId,
    ...(filing.verdict === 'duplicate' ? {} : { identity: found.identity }),
  })
  context.emit({
    type: 'mail.received',
    ...(written ? { ticketId: written.ticketId } : {}),
    object: { type: 'inboundMail', id: row.id, version: null },
    data: { inboundMailId: row.id, verdict: filing.verdict },
  })
  return outcome
}

interface Looking {
  filing: Filing
  asked: Asked | null
  others: readonly string[]
  row: InboundRow
  likelyNumber: number | undefined
}

/** What the decision asks for: the ticket, locked, or a number for a new one; the mail that a report is about; whoever is to follow. */
async function lookFurther(
  tx: Connection,
  mail: InboundMail,
  { filing, asked, others, row, likelyNumber }: Looking,
  { secrets, now }: Pick<SubjectContext, 'secrets' | 'now'>,
) {
  const isReport = filing.ticketId !== null && mail.kind !== 'ordinary' && mail.kind !== 'auto_reply'
  const isUnread = row.messageId !== null && row.releasedAt === null
  const [locked, side, number, copied, named, reported, unread] = await Promise.all([
    filing.ticketId ? lockLiving(tx, filing.ticketId) : undefined,
    filing.conversationId ? findSide(tx, filing.conversationId) : undefined,
    filing.verdict === 'ticket_created' ? (likelyNumber ?? nextNumber(tx)) : 0,
    filing.addsFollowers ? findPeopleByAddresses(tx, others) : new Map<string, PersonRow>(),
    findPeopleByAddresses(tx, addressesIn(asked?.commands ?? [])),
    isReport ? findReportedMail(tx, secrets, { ids: mail.reportedIds, rcptTo: row.rcptTo }) : undefined,
    isUnread ? lockMessage(tx, row.messageId ?? '') : undefined,
  ])
  // a customer's answer opens it again, but only so often: asked here, the mail needs no locks for it
  if (locked && filing.verdict === 'message_added' && isDone(locked.ticket.statusCategory))
    locked.firings = await firedLately(tx, locked.ticket.id, now)
  // whoever is unproven has nobody told
  const isNote = locked !== undefined && filing.verdict === 'note_added' && filing.verified
  const mentioned = isNote ? await findMentioned(tx, asked?.text ?? replyOf(mail).bodyText, locked.ticket) : []
  return { locked, side, number, copied, named, mentioned, reported, unread }
}

/** The ticket as it was found. One that was merged or deleted in between is looked for again, from the beginning. */
async function lockLiving(tx: Connection, ticketId: string): Promise<LockedTicket> {
  const locked = await lockTicket(tx, ticketId)
  if (locked.ticket.mergedIntoId === null && locked.ticket.deletedAt === null) return locked
  throw Object.assign(new Error(`${ticketId} went on elsewhere`), { code: SERIALIZATION_FAILURE })
}

function write(context: CommandContext, mail: InboundMail, found: Found): Promise<Written> | Written | undefined {
  const { filing, locked } = found
  if (filing.verdict === 'ticket_created') return openFromMail(context, mail, found)
  if (!locked) return
  const isJoining = filing.verdict === 'message_added' || filing.verdict === 'note_added'
  return isJoining
    ? joinTicket(context, mail, { ...found, locked })
    : recordMachineMail(context, mail, { ...found, locked })
}
