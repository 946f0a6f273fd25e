import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgSequence, pgTable, smallint, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Channel } from '../../kernel/actor.ts'
import { people } from '../people/table.ts'
import type { StatusCategory } from '../types/schema.ts'

export const ticketNumber = pgSequence('ticket_number')

// in the words of a list's own statement: the planner looks for them
const unresolved = sql`status_category in ('open', 'waiting_on_customer', 'waiting_on_other')`
const ordinary = sql`${unresolved} and deleted_at is null and merged_into_id is null and not spam`

export const tickets = pgTable(
  'tickets',
  {
    id: id().primaryKey(),
    number: integer().notNull(),
    subject: text().notNull(),
    type: id().notNull(),
    status: id().notNull(),
    /** That of the status, kept here for lists and indices. */
    statusCategory: text().$type<StatusCategory>().notNull(),
    priority: id().notNull(),
    /** The priority's position, to sort by. */
    priorityRank: smallint().notNull(),
    category: id(),
    project: id(),
    requesterId: id()
      .notNull()
      .references(() => people.id),
    organizationId: id(),
    assigneeId: id(),
    teamId: id(),
    parentId: id(),
    tags: text().array().notNull(),
    fields: jsonb().$type<Record<string, unknown>>().notNull(),
    channel: text().$type<Channel>().notNull(),
    dueAt: instant(),
    estimatedResolutionAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    firstRepliedAt: instant(),
    solvedAt: instant(),
    closedAt: instant(),
    lastMessageAt: instant(),
    lastRequesterActivityAt: instant(),
    lastAgentActivityAt: instant(),
    lastActivityBy: id(),
    lastMessagePreview: text(),
    needsReaction: boolean().notNull(),
    lastNoteAt: instant(),
    version: integer().notNull(),
    /** Version and time of change as requesters see them: a change of agents-only fields does not move them. */
    publicVersion: integer().notNull(),
    publicUpdatedAt: instant().notNull(),
    customerConversationId: id().notNull(),
    internalConversationId: id().notNull(),
    /** By which of our addresses it came; its mail goes out from there. */
    mailboxId: id(),
    /** When somebody who works here last said something in public: ways of a workflow may ask for that. */
    lastReplyAt: instant(),
    /** When time was last logged on it: ways of a workflow may ask for that. */
    lastTimeAt: instant(),
    /** Since when it has its status; empty where that has not changed since before this was kept. */
    statusEnteredAt: instant(),
    deletedAt: instant(),
    spam: boolean().notNull().default(false),
    snoozedAt: instant(),
    /** When it wakes; null while it is snoozed: at the next reply of its requester. */
    snoozedUntil: instant(),
    /** Where its messages are now: the end of a chain of merges. */
    mergedIntoId: id(),
    /** The ticket that it was merged into itself: where the chain is undone. */
    mergedUnderId: id(),
  },
  (t) => [
    uniqueIndex('tickets_number').on(t.number),
    index('tickets_updated').on(t.updatedAt, t.id),
    index('tickets_requester').on(t.requesterId, t.id),
    // requesters whose organization shares its tickets
    index('tickets_organization').on(t.organizationId, t.id).where(sql`organization_id is not null`),
    // what those read whose role narrows it; rows without cost nothing
    index('tickets_team').on(t.teamId, t.id).where(sql`team_id is not null`),
    index('tickets_assignee').on(t.assigneeId, t.id).where(sql`assignee_id is not null`),
    index('tickets_parent').on(t.parentId, t.id).where(sql`parent_id is not null`),
    // an agent's own list, and what nobody has: by priority, then last update (scanned backwards); narrowed to one category in the index
    index('tickets_unresolved_of_assignee')
      .on(t.assigneeId, t.priorityRank, t.updatedAt, t.id, t.statusCategory)
      .where(unresolved),
    // what a custom field holds, whichever it is; rows without any cost nothing
    index('tickets_fields').using('gin', t.fields.op('jsonb_path_ops')).where(sql`fields <> '{}'`),
    // what lists leave out, for who asks for it
    index('tickets_deleted').on(t.id).where(sql`deleted_at is not null`),
    index('tickets_spam').on(t.id).where(sql`spam`),
    index('tickets_snoozed_until').on(t.snoozedUntil).where(sql`snoozed_until is not null`),
    index('tickets_merged_into').on(t.mergedIntoId, t.id).where(sql`merged_into_id is not null`),
    index('tickets_merged_under').on(t.mergedUnderId, t.id).where(sql`merged_under_id is not null`),
    // what became of tickets in a stretch of time
    index('tickets_created').using('brin', t.createdAt),
    index('tickets_solved').on(t.solvedAt).where(sql`solved_at is not null`),
    index('tickets_first_replied').on(t.firstRepliedAt).where(sql`first_replied_at is not null`),
    // what waits for whom, by last update; and all that a dashboard counts, which reads nothing else
    index('tickets_unresolved')
      .on(t.statusCategory, t.updatedAt, t.id, t.assigneeId, t.teamId, t.needsReaction, t.dueAt, t.snoozedAt)
      .where(ordinary),
  ],
)
