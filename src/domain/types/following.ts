import { asc, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Connection } from '../../db/client.ts'
import { prepare, prepareSql } from '../../db/statement.ts'
import { SYSTEM } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { writeChange } from '../tickets/changing.ts'
import { enteringStatus, type TicketRow } from '../tickets/decide.ts'
import { type LockedTicket, lockable, lockedFrom } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { mappedStatus, workflowOf } from '../workflows/decide.ts'
import type { Noun } from './schema.ts'
import type { Vocabulary } from './store.ts'

/** Tickets that one transaction brings along; the others follow by jobs. */
const BATCH_TICKETS = 100

/** What tickets follow: a word that has another in its place, or one that means something else now. */
export interface Following {
  noun: Noun
  key: string
  /** What stands in its place; null where the word is still there. */
  to: string | null
  /** The last ticket that has followed; null before the first. */
  after: string | null
}

const columns: Record<Noun, PgColumn> = {
  type: tickets.type,
  status: tickets.status,
  priority: tickets.priority,
  category: tickets.category,
  project: tickets.project,
}
const lockNext = ofEach((column) =>
  prepare<{ key: string; after: string; category: string; limit: number }>()(($) =>
    lockable()
      .where(sql`${column} = ${$.key} and ${tickets.id} > ${$.after} and ${tickets.statusCategory} <> ${$.category}`)
      .orderBy(asc(tickets.id))
      .limit($.limit)
      .for('update', { of: tickets }),
  ),
)

/** So many uses are counted. */
const COUNT_MAX = 10_000
const countOf = ofEach((column) =>
  prepareSql<{ key: string; limit: number }, { count: number }>()(
    ($) =>
      sql`select count(*)::int as count from (select 1 from ${tickets} where ${column} = ${$.key} limit ${$.limit}) as used`,
  ),
)

function ofEach<T>(make: (column: PgColumn) => T): Record<Noun, T> {
  const { type, status, priority, category, project } = columns
  return {
    type: make(type),
    status: make(status),
    priority: make(priority),
    category: make(category),
    project: make(project),
  }
}

/** How many tickets have a word; counted up to a limit. */
export async function countTickets(tx: Connection, noun: Noun, key: string): Promise<number> {
  const [row] = (await tx.query(countOf[noun].bind({ key, limit: COUNT_MAX }))).rows
  return row?.count ?? 0
}

/** The next tickets that follow, locked in the order of their ids; those that are in this category of status already need not. */
export async function followers(
  tx: Connection,
  { noun, key, after }: Following,
  category = '',
): Promise<LockedTicket[]> {
  const { rows } = await tx.query(lockNext[noun].bind({ key, after: after ?? '', category, limit: BATCH_TICKETS }))
  return rows.map(lockedFrom)
}

/**
 * Brings tickets along, as the doing of the desk: each is told as any change, so that rules and all that follows see it. No workflow is
 * asked: what a ticket has is called otherwise, or means something else. A full batch leaves a job for those behind it.
 */
export function bringAlong(
  context: CommandContext,
  words: Vocabulary,
  following: Following,
  found: readonly LockedTicket[],
): void {
  const acting = context.as(SYSTEM)
  for (const locked of found) writeChange(acting, locked, followed(words, following, locked.ticket, context.now))
  const after = found.at(-1)?.ticket.id
  if (found.length < BATCH_TICKETS || after === undefined) return
  context.enqueue({ queue: 'words.follow', data: { ...following, after } })
}

const LAST_LOOK_MS = 10_000

/** One more look a little later: a request that was under way may still have written by the vocabulary of before. */
export function lookAgain({ enqueue, now }: CommandContext, following: Following): void {
  const startAt = new Date(Date.parse(now) + LAST_LOOK_MS).toISOString()
  enqueue({ queue: 'words.follow', data: following }, startAt)
}

function followed(words: Vocabulary, { noun, key, to }: Following, ticket: TicketRow, now: string): Partial<TicketRow> {
  const at = to ?? key
  if (noun === 'status') return inStatus(words, at, ticket, now)
  if (noun === 'priority') return { priority: at, priorityRank: words.priorities.get(at)?.position ?? 0 }
  if (noun === 'type') {
    const first = words.types.get(at)?.defaultStatus ?? ticket.status
    return { type: at, ...inStatus(words, mappedStatus(workflowOf(words, at), ticket.status) ?? first, ticket, now) }
  }
  return { [noun]: at }
}

function inStatus(words: Vocabulary, key: string, ticket: TicketRow, now: string): Partial<TicketRow> {
  const status = words.statuses.get(key)
  if (!status || (key === ticket.status && status.category === ticket.statusCategory)) return {}
  return enteringStatus(status, now, ticket)
}

/** Ranks that one transaction sets; they are ours, and nobody is told. */
const BATCH_RANKS = 5_000

const setRanks = prepareSql<{ key: string; rank: number; limit: number }, { id: string }>()(
  ($) => sql`update tickets set priority_rank = ${$.rank} where id in (
    select id from tickets where priority = ${$.key} and priority_rank <> ${$.rank} order by id limit ${$.limit} for update) returning id`,
)

/** Tickets sort by the position that their priority has now. */
export async function rankAnew(context: CommandContext, key: string, rank: number): Promise<void> {
  const { rows } = await context.query(setRanks.bind({ key, rank, limit: BATCH_RANKS }))
  if (rows.length === BATCH_RANKS)
    context.enqueue({ queue: 'words.follow', data: { noun: 'priority', key, to: null, after: null } })
}
