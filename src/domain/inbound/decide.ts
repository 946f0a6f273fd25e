import type { Role } from '../../kernel/actor.ts'
import type { AccessWay } from '../access/schema.ts'
import type { InboundMail, MailKind } from '../mail/schema.ts'
import type { Authentication } from './authentication.ts'
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
  isFollower: boolean
  /** In From, To or Cc of a stored mail of the ticket. */
  isCorrespondent: boolean
  /** The token or the mail of ours was given to this very sender. */
  fromOwner: boolean
  /** Nothing is added to it: what names it is looked at as if it named nothing. */
  isDeleted: boolean
  /** Where it belongs, if not in the conversation with the requester. */
  conversationId: string | null
}

/** What was found for a mail: each trace with the ticket it names. */
export interface Evidence {
  kind: MailKind
  /** What clients may do by mail. */
  way: AccessWay
  sender: Sender
  /** What a relay that we trust says of the sender. */
  authentication: Authentication
  /** Whether any relay's word would count. */
  isAuthenticationConfigured: boolean
  duplicateOf: string | null
  /** It carries the mark of this desk, or comes from one of its own addresses. */
  ownMail: string | null
  /** A genuine signed reply address. */
  token: Candidate | null
  ownMessageId: Candidate | null
  /** Best first: tickets on which the sender is known come before others. */
  storedMessageId: Candidate | null
  subjectTag: Candidate | null
  /** The mail of ours that a bounce, a receipt or a complaint is about. */
  reported: Candidate | null
  /** It hands on the mail of somebody who can be a requester. */
  forwardsCustomer: boolean
}

/** What is to be done with a mail. */
export interface Filing {
  verdict: Verdict
  reason: string
  ticketId: string | null
  /** Where on the ticket it belongs, if not in the conversation with the requester. */
  conversationId: string | null
  held: boolean
  verified: boolean
  /** Written by an agent who proved it: it goes out to the customer. */
  asAgent: boolean
  /** The sender of the mail it hands on becomes the requester. */
  forwards: boolean
  /** Whether its To and Cc become correspondents. */
  takesCc: boolean
  /** Whether its To and Cc become followers, who receive public replies from now on. */
  addsFollowers: boolean
  /** Said to agents on a new ticket: a number that the sender had no right to. */
  hint: number | null
  trace: TraceStep[]
}

const plain = {
  ticketId: null,
  conversationId: null,
  held: false,
  verified: false,
  asAgent: false,
  forwards: false,
  takesCc: false,
  addsFollowers: false,
  hint: null,
}

/** Mail that is kept, and nothing follows from: whose verdict it is. */
const RECORDED = {
  auto_reply: 'auto_reply_recorded',
  bounce: 'bounce_recorded',
  feedback: 'feedback_recorded',
  receipt: 'receipt_recorded',
} as const

const isRecorded = (kind: MailKind): kind is keyof typeof RECORDED => kind in RECORDED

/** Security.md R18, first match: signed address, own Message-ID, stored Message-ID, subject tag, new ticket. */
export function filingOf(evidence: Evidence): Filing {
  const trace: TraceStep[] = []
  const note = (step: string, result: string, detail: string | null = null) => trace.push({ step, result, detail })
  const { sender, authentication, kind } = evidence

  if (evidence.ownMail !== null) {
    note('loop', 'own', evidence.ownMail)
    return { ...plain, verdict: 'ignored', reason: 'This desk sent it itself.', trace }
  }
  if (evidence.duplicateOf) {
    note('identity', 'known', evidence.duplicateOf)
    return { ...plain, verdict: 'duplicate', reason: 'The same mail was received before.', trace }
  }
  note('identity', 'new')
  note('kind', kind)
  note('sender', sender.address ? (sender.personId ? 'known' : 'unknown') : 'none', sender.address)
  note('authentication', authentication.result, authentication.detail)

  for (const rung of rungs(evidence)) {
    const { step, found } = rung
    if (found?.isDeleted) {
      note(step, 'deleted', `#${found.number}`)
      continue
    }
    const mayJoin = step !== 'subject_tag' || (found !== null && mayJoinByNumber(evidence, found))
    note(step, found ? (mayJoin ? 'match' : 'refused') : 'none', found && `#${found.number}`)
    if (!found || !mayJoin) continue
    return isRecorded(kind)
      ? { ...recorded(kind, found, step), trace }
      : { ...unlessClosed(evidence, joined(evidence, found, step)), trace }
  }
  if (isRecorded(kind)) return { ...recorded(kind, null, ''), trace }
  note('new_ticket', 'yes')
  return { ...unlessClosed(evidence, opened(evidence)), trace }
}

/** What the desk does not take from clients by mail stays in the journal, and nobody is answered. */
function unlessClosed({ sender, way }: Evidence, decided: Decided): Decided {
  const isOpen = decided.verdict === 'ticket_created' ? way.create : way.update
  if (isOpen || isStaffRole(sender.role)) return decided
  const act = decided.verdict === 'ticket_created' ? 'open' : 'update'
  return { ...plain, verdict: 'ignored', reason: `Clients may not ${act} tickets by mail (access settings).` }
}

interface Rung {
  step: 'report' | 'reply_address' | 'own_message_id' | 'stored_message_id' | 'subject_tag'
  found: Candidate | null
}

/** In the order in which they count. A number proves nothing, so what a machine wrote is never filed by it. */
function rungs(evidence: Evidence): Rung[] {
  const traces: Rung[] = [
    { step: 'reply_address', found: evidence.token },
    { step: 'own_message_id', found: evidence.ownMessageId },
    { step: 'stored_message_id', found: evidence.storedMessageId },
  ]
  if (isRecorded(evidence.kind)) return [{ step: 'report', found: evidence.reported }, ...traces]
  return [...traces, { step: 'subject_tag', found: evidence.subjectTag }]
}

/** A number alone never gives a stranger anything; where a relay's word would count, nothing less than its pass does. */
function mayJoinByNumber({ sender, ...evidence }: Evidence, found: Candidate): boolean {
  if (!found.isRequester && !found.isFollower && !isStaffRole(sender.role)) return false
  return isTrustworthy(evidence)
}

const isTrustworthy = ({
  authentication,
  isAuthenticationConfigured,
}: Pick<Evidence, 'authentication' | 'isAuthenticationConfigured'>): boolean =>
  authentication.result === 'pass' || !isAuthenticationConfigured

const isStaffRole = (role: Role | null): boolean => role !== null && role !== 'requester'

type Decided = Omit<Filing, 'trace'>

/** A machine's mail goes silently to the ticket that its trace names, or stays in the journal. */
const recorded = (kind: keyof typeof RECORDED, found: Candidate | null, step: string): Decided => ({
  ...plain,
  verdict: RECORDED[kind],
  reason: found
    ? `A machine wrote it (${kind}); it names the ticket (${step}).`
    : `A machine wrote it (${kind}); nothing in it names a ticket.`,
  ticketId: found?.ticketId ?? null,
})

/** A mail that belongs to a ticket. */
function joined(evidence: Evidence, found: Candidate, step: Rung['step']): Decided {
  const { sender, authentication } = evidence
  // somebody who works here may have a ticket of their own
  if (isStaffRole(sender.role) && !found.isRequester) return joinedByStaff(evidence, found, step)
  const { ticketId, conversationId } = found
  const known = found.fromOwner || found.isCorrespondent || found.isFollower || found.isRequester
  const disproved = step === 'stored_message_id' && authentication.result === 'fail'
  if (!known || disproved) {
    const why = known ? 'a relay disproves its sender' : 'its sender is no correspondent'
    const reason = `It names the ticket (${step}), but ${why}: held for agents.`
    return { ...plain, verdict: 'message_added', reason, ticketId, conversationId, held: true }
  }
  const byToken = step === 'reply_address' || step === 'own_message_id'
  const verified = authentication.result === 'pass' || (byToken && authentication.result !== 'fail')
  return {
    ...plain,
    verdict: 'message_added',
    reason: `It names the ticket (${step}), and its sender is a correspondent.`,
    ticketId,
    conversationId,
    verified,
    takesCc: verified || step !== 'subject_tag',
    // who is copied elsewhere does not follow what the requester is told
    addsFollowers: verified && found.isRequester && conversationId === null,
  }
}

/** R19: an agent speaks for the desk only with a reply address of their own and a relay's pass; else it is a note. */
function joinedByStaff({ sender, authentication }: Evidence, found: Candidate, step: Rung['step']): Decided {
  const { ticketId, conversationId } = found
  const proven = step === 'reply_address' && found.fromOwner && authentication.result === 'pass'
  if (!proven) {
    const reason = `It names the ticket (${step}); an agent's address without proof writes a note.`
    return { ...plain, verdict: 'note_added', reason, ticketId }
  }
  if (sender.role === 'light_agent') {
    const reason = 'A light agent, proven by reply address and relay, writes a note.'
    return { ...plain, verdict: 'note_added', reason, ticketId, verified: true }
  }
  return {
    ...plain,
    verdict: 'message_added',
    reason: 'An agent, proven by reply address and relay, replies.',
    ticketId,
    conversationId,
    verified: true,
    asAgent: true,
    takesCc: true,
    addsFollowers: conversationId === null,
  }
}

function opened(evidence: Evidence): Decided {
  const { sender, authentication, subjectTag } = evidence
  const verified = authentication.result === 'pass'
  const forwards = evidence.forwardsCustomer && isStaffRole(sender.role) && isTrustworthy(evidence)
  return {
    ...plain,
    verdict: 'ticket_created',
    reason: forwards
      ? 'An agent hands it on: who wrote it first is the requester.'
      : 'Nothing in it names a ticket that its sender may write to.',
    verified,
    forwards,
    takesCc: !forwards,
    addsFollowers: verified && !forwards,
    hint: subjectTag && !subjectTag.isDeleted ? subjectTag.number : null,
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
  mail: Pick<InboundMail, 'autorespond' | 'forward' | 'bounce' | 'parseError'>,
) => ({
  verdict,
  reason,
  held,
  verified: verdict === 'ticket_created' || verdict === 'message_added' || verdict === 'note_added' ? verified : null,
  autorespond: mail.autorespond,
  forward: mail.forward,
  bounce: mail.bounce,
  parseError: mail.parseError,
  trace,
})
