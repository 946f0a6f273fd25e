import type { Actor, Channel, PersonActor } from '../../kernel/actor.ts'
import { isStaff } from '../../kernel/actor.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { Versions } from '../../kernel/versions.ts'
import { FIELDS, isPublicField } from '../fields/policy.ts'
import type { Definitions } from '../fields/schema.ts'
import type { OrganizationFacts } from '../organizations/schema.ts'
import type { NoticeChoices } from '../people/schema.ts'
import type { Priority, Status, TicketType } from '../types/schema.ts'
import { agentsOnly } from './schema.ts'
import type { tickets } from './table.ts'

export type TicketRow = typeof tickets.$inferSelect

/** The requester as commands need them: to whom mail goes, and what rules may ask. */
export interface Requester {
  id: string
  name: string | null
  email: string
  role: string
  locale: string | null
  organizationId: string | null
}

/** Somebody who is written to. */
export interface Party {
  id: string
  name: string | null
  email: string
}

/** Who has the ticket, and how they want to be told. */
export type Assignee = Party & { notices: NoticeChoices }

/** What a mail brings to an event: rules may ask for it, and the acknowledgement hangs on it. */
export interface MailFacts {
  /** Whether its sender is proven. */
  verified: boolean
  /** Whether an automatic answer may be sent (RFC 3834). */
  autorespond: boolean
  /** Somebody who works here and is to hear that a mail bears their address, because nothing proves it. */
  unproven?: Assignee
  /** Who has it already: everybody else in To and Cc. */
  copied: readonly string[]
}

export interface Draft {
  id: string
  number: number
  subject: string
  type: TicketType
  status: Status
  priority: Priority
  category: string | null
  project: string | null
  requester: Requester
  channel: Channel
  preview: string
  customerConversationId: string
  internalConversationId: string
  more?: Partial<
    Pick<
      TicketRow,
      'tags' | 'assigneeId' | 'teamId' | 'parentId' | 'dueAt' | 'estimatedResolutionAt' | 'mailboxId' | 'fields'
    >
  >
}

/** A new ticket. Its first message is the requester's, whoever enters it: so it needs a reaction. */
export function openedTicket(draft: Draft, now: Instant): TicketRow {
  const { id, number, subject, type, status, priority, category, project, requester, channel, preview } = draft
  return {
    id,
    number,
    subject,
    type: type.key,
    priority: priority.key,
    priorityRank: priority.position,
    category,
    project,
    requesterId: requester.id,
    organizationId: requester.organizationId,
    assigneeId: null,
    teamId: type.defaultTeamId,
    parentId: null,
    tags: [],
    fields: {},
    channel,
    dueAt: null,
    estimatedResolutionAt: null,
    createdAt: now,
    updatedAt: now,
    firstRepliedAt: null,
    lastMessageAt: now,
    lastRequesterActivityAt: now,
    lastAgentActivityAt: null,
    lastActivityBy: requester.id,
    lastMessagePreview: preview,
    needsReaction: true,
    lastNoteAt: null,
    lastReplyAt: null,
    lastTimeAt: null,
    version: 1,
    publicVersion: 1,
    publicUpdatedAt: now,
    customerConversationId: draft.customerConversationId,
    internalConversationId: draft.internalConversationId,
    mailboxId: null,
    deletedAt: null,
    spam: false,
    snoozedAt: null,
    snoozedUntil: null,
    mergedIntoId: null,
    mergedUnderId: null,
    ...draft.more,
    ...enteringStatus(status, now),
  }
}

/** Whether nothing is left to do in statuses of a category. */
export const isDone = (category: string | undefined): boolean => category === 'solved' || category === 'closed'

/** A status and the moments that go with it; leaving a solved or closed one clears them. */
export function enteringStatus({ key, category }: Status, now: Instant, before?: TicketRow) {
  const done = isDone(category)
  return {
    status: key,
    statusCategory: category,
    solvedAt: done ? (before?.solvedAt ?? now) : null,
    closedAt: category === 'closed' ? (before?.closedAt ?? now) : null,
    statusEnteredAt: now,
  }
}

/**
 * What a public message does to its ticket: activity only. The status is a rule's business, the version stays. What a rule says by
 * itself is nobody's reply, or each customer would seem answered at once: who waits for one waits on.
 */
export function afterPublicMessage(
  ticket: TicketRow,
  author: { id: string | null; isCustomer: boolean },
  preview: string,
  now: Instant,
) {
  const byRequester = author.isCustomer
  const byStaff = !byRequester && author.id !== null
  return {
    updatedAt: now,
    publicUpdatedAt: now,
    lastMessageAt: now,
    lastMessagePreview: preview,
    lastActivityBy: author.id,
    needsReaction: byRequester || (ticket.needsReaction && !byStaff),
    lastRequesterActivityAt: byRequester ? now : ticket.lastRequesterActivityAt,
    lastAgentActivityAt: byStaff ? now : ticket.lastAgentActivityAt,
    firstRepliedAt: ticket.firstRepliedAt ?? (byStaff ? now : null),
    lastReplyAt: byStaff ? now : ticket.lastReplyAt,
  }
}

/** A note leaves no public trace. */
export const afterNote = (now: Instant) => ({ lastNoteAt: now })

const NONE: Definitions = new Map()

/** What goes with a change of fields: version, times, and an agent's or a requester's act. Custom ones are public as defined. */
export function afterChange(
  ticket: TicketRow,
  { changed, definitions = NONE }: { changed: readonly string[]; definitions?: Definitions },
  actor: Actor,
  now: Instant,
) {
  const hidden: readonly string[] = agentsOnly
  const isPublic = changed.some((name) =>
    name.startsWith(FIELDS) ? isPublicField(name, definitions) : !hidden.includes(name),
  )
  return {
    version: ticket.version + 1,
    updatedAt: now,
    ...(isPublic ? { publicVersion: ticket.publicVersion + 1, publicUpdatedAt: now } : {}),
    ...(actor.kind === 'person' ? activityOf(actor, now) : {}),
  }
}

const activityOf = (person: PersonActor, now: Instant) =>
  isStaff(person)
    ? { lastAgentActivityAt: now, lastActivityBy: person.id, needsReaction: false }
    : { lastRequesterActivityAt: now, lastActivityBy: person.id, needsReaction: true }

/** In the facts of a message with which a person has set the status: rules set no other at it. */
export const STATUS_IS_GIVEN = { statusIsGiven: true }

/** The note of a transaction in which a person goes on to set the status of a ticket, having written. */
export const statusGivenOn = (ticketId: string): string => `status given on ${ticketId}`

export interface FactSources {
  before: TicketRow | null
  after: TicketRow
  requester: Requester
  followers?: readonly Party[]
  assignee?: Assignee | null
  organization: OrganizationFacts | null
  actor: Actor
  messageId?: string
  mail?: MailFacts | undefined
  /** Who is written to in a note, of those who work here. */
  mentioned?: readonly Assignee[] | undefined
  versions: Versions
}

/**
 * What rules read: the ticket, what it was before where that differs, who asked and for whom, who follows, who has it, who acted, and the version
 * of the rules. It is a copy: the working row goes on changing, but only by whole values.
 */
export function ticketFacts({
  before,
  after,
  requester,
  followers = [],
  assignee = null,
  organization,
  actor,
  messageId,
  mail,
  mentioned,
  versions,
}: FactSources): Record<string, unknown> {
  return {
    before: before && differing(conditionFields(before), conditionFields(after)),
    ticket: present(conditionFields(after)),
    requester,
    ...(followers.length ? { followers } : {}),
    ...(assignee ? { assignee } : {}),
    organization,
    actor:
      actor.kind === 'person'
        ? { kind: actor.kind, id: actor.id, role: actor.actsAs }
        : { kind: actor.kind, id: actor.id },
    messageId: messageId ?? null,
    ...(mail ? { mail } : {}),
    ...(mentioned?.length ? { mentioned } : {}),
    rulesVersion: versions.rules,
  }
}

function conditionFields(ticket: TicketRow): Record<string, unknown> {
  const {
    customerConversationId: _c,
    internalConversationId: _i,
    mailboxId: _m,
    lastReplyAt: _r,
    lastTimeAt: _t,
    mergedUnderId: _mu,
    publicVersion: _v,
    publicUpdatedAt: _u,
    statusEnteredAt: _s,
    ...fields
  } = ticket
  return fields
}

/** What is not there is empty: half of a ticket's fields are, and every event carries them. */
const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/** What was otherwise before; the rest stands in `after`. */
const differing = (before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(before).filter(([field, value]) => value !== after[field]))
