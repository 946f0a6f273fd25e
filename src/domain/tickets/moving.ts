import { type Actor, isStaff, mayChange, type Role } from '../../kernel/actor.ts'
import type { Instant } from '../../kernel/clock.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { FIELDS } from '../fields/policy.ts'
import type { Status } from '../types/schema.ts'
import { statusOf, type Vocabulary } from '../types/store.ts'
import { type Circumstances, lacking, mappedStatus, waysFrom, workflowOf } from '../workflows/decide.ts'
import { guardOf } from '../workflows/guards.ts'
import type { Missing, TransitionOffer } from '../workflows/schema.ts'
import type { TicketFacts } from './conditions.ts'
import { enteringStatus, type TicketRow, ticketFacts } from './decide.ts'
import type { LockedTicket } from './store.ts'

/** A ticket as a command leaves it, but for its status, and who would move it. */
export interface Moving extends Pick<LockedTicket, 'requester' | 'organization'> {
  ticket: TicketRow
  words: Vocabulary
  actor: Actor
  now: Instant
  /** A message that the same command posts. */
  says?: 'public' | 'internal'
}

/** Where this actor may bring the ticket now, and what is missing, in the order of the workflow. Requesters move nothing: rules do. */
export function offered(moving: Moving): TransitionOffer[] {
  const { words, ticket, actor } = moving
  if (!isStaff(actor)) return []
  const workflow = workflowOf(words, ticket.type)
  const ways = waysFrom(workflow, ticket.status, circumstancesOf(moving))
  return workflow.statuses.flatMap((key) => {
    const missing = ways.get(key)
    const status = words.statuses.get(key)
    if (!missing || !status) return []
    return [{ status: key, statusCategory: status.category, allowed: missing.length === 0, missing }]
  })
}

/**
 * What a ticket has that comes to a status: every change of one goes through here, whoever asks for it and by whatever road. Throws
 * transition_not_allowed with what is missing.
 */
export function entering(moving: Moving, to: Status) {
  const { words, ticket, now } = moving
  if (words.workflows.has(ticket.type)) refuseWay(moving, ticket.status, to.key)
  return enteringStatus(to, now, ticket)
}

function refuseWay(moving: Moving, from: string, to: string): void {
  const workflow = workflowOf(moving.words, moving.ticket.type)
  const missing = waysFrom(workflow, from, circumstancesOf(moving)).get(to)
  if (!missing) throw notAllowed(from, to, [], `${moving.ticket.type} has no way from ${from} to ${to}`)
  if (missing.length) throw notAllowed(from, to, missing, `from ${from} to ${to} it needs ${lacking(missing)}`)
}

const notAllowed = (from: string, to: string, missing: readonly Missing[], detail: string): Problem =>
  new Problem('transition_not_allowed', { detail, from, to, missing: [...missing] })

/**
 * The same where the ticket, as given here, has changed its type: the present status stays where the new workflow has it, or becomes the
 * one that its mapping says; from there the ways of the new workflow count. Where neither is so the status must be named, and be the
 * type's first or of the present category: a change of type is no way round a workflow.
 */
export function enteringType(moving: Moving, asked: string | undefined) {
  const { words, ticket, now } = moving
  const workflow = workflowOf(words, ticket.type)
  const mapped = mappedStatus(workflow, ticket.status)
  if (mapped === undefined) return enteringStatus(namedStatus(moving, asked), now, ticket)
  const to = statusOf(words, asked ?? mapped)
  if (to.key !== mapped && words.workflows.has(ticket.type))
    refuseWay({ ...moving, ticket: { ...ticket, status: mapped } }, mapped, to.key)
  return to.key === ticket.status ? {} : enteringStatus(to, now, ticket)
}

function namedStatus({ words, ticket }: Moving, asked: string | undefined): Status {
  const { statuses } = workflowOf(words, ticket.type)
  if (asked === undefined) {
    const detail = `${ticket.type} has no status ${ticket.status}: say which of ${statuses.join(', ')}`
    throw invalid('/status', 'missing', detail)
  }
  const to = statusOf(words, asked)
  const isFirst = to.key === words.types.get(ticket.type)?.defaultStatus
  if (statuses.includes(to.key) && (isFirst || to.category === ticket.statusCategory)) return to
  const detail = `with its new type it can have a status of the category ${ticket.statusCategory}, or the first one`
  throw notAllowed(ticket.status, to.key, [], detail)
}

function circumstancesOf(moving: Moving): Circumstances {
  const { ticket, words, actor, now, says } = moving
  const me = actor.id
  return {
    role: moverOf(actor),
    isPresent: (field) => isPresent(heldIn(ticket, field)),
    hasMessage: (visibility) => says === visibility || hasMessage(ticket, visibility),
    hasTime: hasTime(ticket),
    guardHolds: (transition) => guardOf(words, transition)(factsNow(moving), { me, now }),
  }
}

/** A client whose role lets them change a status moves tickets as agents do. */
function moverOf(actor: Actor): Role | undefined {
  if (actor.kind !== 'person') return
  return !isStaff(actor) && actor.rights && mayChange(actor, 'status') ? 'agent' : actor.actsAs
}

const heldIn = (ticket: TicketRow, field: string): unknown =>
  field.startsWith(FIELDS) ? ticket.fields[field.slice(FIELDS.length)] : (ticket as Record<string, unknown>)[field]

const isPresent = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)

/** Said since the ticket came to its present status: a note, or in public by somebody who works here, after whom the requester has done nothing. */
function hasMessage(ticket: TicketRow, visibility: 'public' | 'internal'): boolean {
  const since = ticket.statusEnteredAt ?? ticket.createdAt
  if (visibility === 'internal') return ticket.lastNoteAt !== null && ticket.lastNoteAt > since
  const { lastReplyAt, lastRequesterActivityAt } = ticket
  if (lastReplyAt === null || lastReplyAt <= since) return false
  return lastRequesterActivityAt === null || lastRequesterActivityAt <= lastReplyAt
}

/** Since it came to its present status. */
const hasTime = ({ lastTimeAt, statusEnteredAt, createdAt }: TicketRow): boolean =>
  lastTimeAt !== null && lastTimeAt > (statusEnteredAt ?? createdAt)

const UNVERSIONED = { vocabulary: 0, rules: 0 }

function factsNow({ ticket, requester, organization, actor, now }: Moving): TicketFacts {
  const facts = ticketFacts({ before: null, after: ticket, requester, organization, actor, versions: UNVERSIONED })
  const event = { type: '', channel: '', at: now } // guards cannot ask for it
  return { ...(facts as unknown as TicketFacts), event, message: null } // ticketFacts wrote the rest
}
