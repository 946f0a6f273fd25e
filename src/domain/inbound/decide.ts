import type { Role } from '../../kernel/actor.ts'
import type { InboundMail, MailKind } from '../mail/schema.ts'
import type { TraceStep, Verdict } from './schema.ts'

/** Somebody who sent a mail, as far as its From says: proof comes from tokens and relays, never from names. */
export interface Sender {
  /** Normalised; null when the From header names nobody or several (then it proves nothing). */
  address: string | null
  personId: string | null
  role: Role | null
}

/** A ticket that a trace in the mail points to, and what the sender is to it. */
export interface Candidate {
  ticketId: string
  number: number
  isRequester: boolean
  /** In From, To or Cc of a stored mail of the ticket, or the requester. */
  isCorrespondent: boolean
}

/** What was found for a mail: each trace with the ticket it names. */
export interface Evidence {
  kind: MailKind
  sender: Sender
  duplicateOf: string | null
  ownMail: boolean
  /** A genuine signed reply address, and whether From is its owner. */
  token: (Candidate & { fromOwner: boolean }) | null
  ownMessageId: (Candidate & { fromOwner: boolean }) | null
  /** Best first: tickets on which the sender is known come before others. */
  storedMessageId: Candidate | null
  subjectTag: Candidate | null
}

/** What is to be done with a mail. */
export interface Filing {
  verdict: Verdict
  reason: string
  ticketId: string | null
  held: boolean
  verified: boolean
  /** Whether its To and Cc become correspondents. */
  takesCc: boolean
  /** Said to agents on a new ticket: a number that the sender had no right to. */
  hint: number | null
  trace: TraceStep[]
}

/** Security.md R18, first match: signed address, own Message-ID, stored Message-ID, subject tag, new ticket. */
export function filingOf(evidence: Evidence): Filing {
  const trace: TraceStep[] = []
  const note = (step: string, result: string, detail: string | null = null) => trace.push({ step, result, detail })
  const { sender } = evidence
  const filed = (
    filing: Omit<Filing, 'trace' | 'hint' | 'takesCc'> & { hint?: number; takesCc?: boolean },
  ): Filing => ({
    hint: null,
    takesCc: false,
    ...filing,
    trace,
  })

  if (evidence.ownMail) {
    note('loop', 'own', 'carries the mark of this desk')
    return filed({
      verdict: 'ignored',
      reason: 'This desk sent it itself.',
      ticketId: null,
      held: false,
      verified: false,
    })
  }
  if (evidence.duplicateOf) {
    note('identity', 'known', evidence.duplicateOf)
    return filed({
      verdict: 'duplicate',
      reason: 'The same mail was received before.',
      ticketId: null,
      held: false,
      verified: false,
    })
  }
  note('identity', 'new')
  if (evidence.kind in RECORDED) {
    note('kind', evidence.kind)
    return filed({
      verdict: RECORDED[evidence.kind] as Verdict,
      reason: 'A machine wrote it.',
      ticketId: null,
      held: false,
      verified: false,
    })
  }
  note('sender', sender.address ? (sender.personId ? 'known' : 'unknown') : 'none', sender.address)

  for (const [step, found] of [
    ['reply_address', evidence.token],
    ['own_message_id', evidence.ownMessageId],
  ] as const) {
    note(step, found ? 'match' : 'none', found && `#${found.number}`)
    if (found)
      return filed(joined(sender, found, { step, known: found.fromOwner || found.isCorrespondent, verified: true }))
  }
  note(
    'stored_message_id',
    evidence.storedMessageId ? 'match' : 'none',
    evidence.storedMessageId && `#${evidence.storedMessageId.number}`,
  )
  if (evidence.storedMessageId) {
    return filed(
      joined(sender, evidence.storedMessageId, {
        step: 'stored_message_id',
        known: evidence.storedMessageId.isCorrespondent,
        verified: false,
      }),
    )
  }
  const tagged = evidence.subjectTag
  const mayJoin = tagged !== null && (tagged.isRequester || isStaffRole(sender.role))
  note('subject_tag', tagged ? (mayJoin ? 'match' : 'refused') : 'none', tagged && `#${tagged.number}`)
  if (tagged && mayJoin) return filed(joined(sender, tagged, { step: 'subject_tag', known: true, verified: false }))
  note('new_ticket', 'yes')
  return filed({
    verdict: 'ticket_created',
    reason: 'Nothing in it names a ticket that its sender may write to.',
    ticketId: null,
    held: false,
    verified: false,
    takesCc: true,
    ...(tagged ? { hint: tagged.number } : {}),
  })
}

const RECORDED: Partial<Record<MailKind, Verdict>> = {
  auto_reply: 'auto_reply_recorded',
  bounce: 'bounce_recorded',
  feedback: 'feedback_recorded',
  receipt: 'receipt_recorded',
}

const isStaffRole = (role: Role | null): boolean => role !== null && role !== 'requester'

interface Rung {
  step: string
  known: boolean
  verified: boolean
}

/** A mail that belongs to a ticket: from an agent's address a note, as nothing proves it; from a stranger held; else a message. */
function joined(sender: Sender, { ticketId }: Candidate, { step, known, verified }: Rung) {
  if (isStaffRole(sender.role)) {
    return {
      verdict: 'note_added' as const,
      reason: `It names the ticket (${step}); an agent's address without proof writes a note.`,
      ticketId,
      held: false,
      verified: false,
    }
  }
  if (!known)
    return {
      verdict: 'message_added' as const,
      reason: `It names the ticket (${step}), but its sender is no correspondent: held for agents.`,
      ticketId,
      held: true,
      verified: false,
    }
  return {
    verdict: 'message_added' as const,
    reason: `It names the ticket (${step}), and its sender is a correspondent.`,
    ticketId,
    held: false,
    verified,
    takesCc: step !== 'subject_tag',
  }
}

const SUBJECT_TAG = /#\[(\d{1,9})\]|\[#(\d{1,9})\]/

/** The number in `#[12]` or `[#12]`. */
export function taggedNumber(subject: string | null): number | undefined {
  const match = SUBJECT_TAG.exec(subject ?? '')
  const number = Number(match?.[1] ?? match?.[2] ?? 0)
  return number > 0 ? number : undefined
}

/** What an outcome says before it is known which ticket it became. */
export const outcomeOf = (
  { verdict, reason, held, verified, trace }: Filing,
  mail: Pick<InboundMail, 'autorespond' | 'forward' | 'bounce'>,
) => ({
  verdict,
  reason,
  held,
  verified: verdict === 'ticket_created' || verdict === 'message_added' ? verified : null,
  autorespond: mail.autorespond,
  forward: mail.forward,
  bounce: mail.bounce,
  trace,
})
