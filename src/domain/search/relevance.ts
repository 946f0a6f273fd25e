import { and, type SQL, sql } from 'drizzle-orm'
import { build, named, prepareSql } from '../../db/statement.ts'
import { isStaff } from '../../kernel/actor.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import type { Term } from '../../kernel/filter.ts'
import { preparedForm } from '../../kernel/forms.ts'
import { keptRows, type Sight } from '../../kernel/kept-rows.ts'
import { LIMIT_DEFAULT, type List, openCursor, type Page, sealCursor, seenOf } from '../../kernel/page.ts'
import { viewerIn, viewing } from '../../kernel/viewer.ts'
import { messages } from '../conversations/table.ts'
import { ticketsFor } from '../tickets/queries.ts'
import type { Ticket } from '../tickets/schema.ts'
import { standingFor } from '../tickets/standing.ts'
import { tickets } from '../tickets/table.ts'
import type { SearchTickets } from './schema.ts'
import { type Said, textOf } from './snippets.ts'
import { searchTexts } from './table.ts'

/** More hits than this are not ranked: so common a word says nothing of relevance, and the newest tickets are the better answer. */
const HITS_MAX = 5_000

/** A cursor of this order says so itself: the next page comes in the same one, whatever was written in between. */
const PREFIX = 'r.'
export const isByRelevance = (cursor: string): boolean => cursor.startsWith(PREFIX)

interface Hit {
  id: string
  rank: number
  bestMessageId: string
  bestText: string | null
  hits: number
}

export interface RelevancePage extends Page<Ticket> {
  /** Ticket → the message that matches best. */
  best: ReadonlyMap<string, Said>
}

interface Wanted {
  /** A tsquery, see `soughtBy`. */
  sought: string
  /** The condition, and words that must not be found. */
  terms: readonly Term[]
  /** What cursors are bound to. */
  name: string
  condition: Condition
}

/** A page by relevance, the newest first among equals; undefined where there are too many hits to rank. */
export async function relevancePage(
  context: QueryContext,
  { limit = LIMIT_DEFAULT, after, before }: Pick<SearchTickets, 'limit' | 'after' | 'before'>,
  { sought, terms, name, condition }: Wanted,
): Promise<RelevancePage | undefined> {
  const { db, actor, secrets } = context
  const binding = JSON.stringify(['relevance', actor.id, name])
  const cursor = after ?? before
  const at = cursor === undefined ? undefined : openCursor(secrets.cursor, binding, cursor.slice(PREFIX.length))
  const backwards = before !== undefined
  const list = ticketsFor(actor, standingFor(condition))
  const form = { terms, isStaff: isStaff(actor), hasCursor: at !== undefined, backwards, limit: limit + 1 }
  const values = {
    ...Object.fromEntries(terms.flatMap((term, t) => term.values.map((value, n) => [`v${t}_${n}`, value]))),
    ...viewing(actor),
    sought,
    rank: at?.[0],
    id: at?.[1],
  }
  let hits = 0
  const asked = async <S>(of: List<S>) => {
    const { rows } = await db.query(statementFor(of, form).bind(values))
    hits = Number(rows[0]?.hits ?? 0)
    return rows.filter(({ id }) => id !== null) as (S & Hit)[] // by its own columns
  }
  const kept = await keptRows(context, list, () => asked<Sight>(seenOf(list)))
  const whole = kept ? [] : await asked(list)
  if (!at && hits > HITS_MAX) return

  const seen: readonly Hit[] = kept?.seen ?? whole
  const more = seen.length > limit
  const shown = <S>(all: readonly S[]) => (backwards ? all.slice(0, limit).reverse() : all.slice(0, limit))
  const page = shown(seen)
  const seal = (row: Hit | undefined) => (row ? PREFIX + sealCursor(secrets.cursor, binding, [row.rank, row.id]) : null)
  return {
    nextCursor: backwards || more ? seal(page.at(-1)) : null,
    prevCursor: (backwards ? more : at !== undefined) ? seal(page[0]) : null,
    best: new Map(page.map(({ id, bestMessageId, bestText }) => [id, { id: bestMessageId, text: bestText ?? '' }])),
    // the last: it takes away what the others read
    data: kept ? (shown(kept.rows) as Ticket[]) : shown(whole).map((row) => resourceOf(row, list.hidden)),
  }
}

const ONLY_HERE = ['rank', 'bestMessageId', 'bestText', 'hits']

/** The row without what only this order needs. */
function resourceOf(row: Ticket & Pick<Hit, keyof Hit>, hidden: readonly string[] = []): Ticket {
  const own: Record<string, unknown> = row // a page of our own rows: a copy of each would cost more than the sort
  for (const name of [...ONLY_HERE, ...hidden]) own[name] = undefined
  return row
}

interface Form {
  terms: readonly Term[]
  isStaff: boolean
  hasCursor: boolean
  backwards: boolean
  limit: number
}

// The hits are found first, whatever is asked beside them: left to itself the planner walks all tickets by their order, and looks.
function statementFor<R>(list: List<R>, { terms, isStaff, hasCursor, backwards, limit }: Form) {
  const shape = ['relevance', list.name, hasCursor, backwards, limit, ...terms.map((term) => term.shape)].join('|')
  return preparedForm(shape, ($) => {
    const columns = {
      ...list.columns,
      rank: named<number>('rank', sql`best.rank`),
      bestMessageId: named<string>('bestMessageId', sql`best.message_id`),
    }
    const beyond = hasCursor
      ? sql`(best.rank, ${tickets.id}) ${backwards ? sql`>` : sql`<`} (${$.rank}::float4, ${$.id})`
      : undefined
    const conditions = and(
      // said twice: by the join alone the planner, who guesses how many hits there are, reads all tickets
      sql`${tickets.id} = any(array(select ticket_id from best))`,
      list.visible?.(viewerIn($)),
      ...terms.map((term, t) => term.condition((n) => sql`${$[`v${t}_${n}`]}`)),
      beyond,
    )
    const way = backwards ? sql`asc` : sql`desc`
    const found = build
      .select(columns)
      .from(tickets)
      .innerJoin(sql`best`, sql`best.ticket_id = ${tickets.id}`)
      .where(conditions)
      .orderBy(sql`best.rank ${way}`, sql`${tickets.id} ${way}`)
    return sql`with matching as materialized (
        select ${searchTexts.ticketId}, ${searchTexts.messageId}, ts_rank(${searchTexts.words}, ${asked($.sought)}) as rank
        from ${searchTexts} where ${matches(sql`${$.sought}`, isStaff)}
      ), hits as materialized (select * from matching limit ${sql.raw(String(HITS_MAX + 1))}),
      best as (select distinct on (ticket_id) ticket_id, message_id, rank from hits order by ticket_id, rank desc, message_id desc),
      found as (${found} limit ${sql.raw(String(limit))})
      select counted.hits, found.*, ${textOf(sql`said`)} as "bestText" from (select count(*)::int as hits from hits) as counted
        left join found on true left join ${messages} as said on said.id = found."bestMessageId" order by found.rank ${way}, found.id ${way}`
  })
}

/** In a select of its own, so that it is read once and not for each row. */
const asked = (sought: unknown): SQL => sql`(select ${sought}::tsquery)`

/** Requesters find by what they read: never by a word of a note. */
const matches = (sought: SQL, isStaff: boolean): SQL =>
  sql`${searchTexts.words} @@ ${asked(sought)} ${isStaff ? sql`` : sql`and ${searchTexts.public}`}`

/** Tickets with a message that holds what is sought, in the order of any list. */
export const holding = (sought: string, isStaff: boolean): Term => ({
  shape: `holding ${isStaff}`,
  values: [sought],
  condition: (at) =>
    sql`exists (select 1 from ${searchTexts} where ${searchTexts.ticketId} = ${tickets.id} and ${matches(at(0), isStaff)})`,
})

/** The same by their ids, found first: good where they are few. */
export const holdingFew = (sought: string, isStaff: boolean): Term => ({
  shape: `holding few ${isStaff}`,
  values: [sought],
  condition: (at) =>
    sql`${tickets.id} = any(array(with matching as materialized (select ${searchTexts.ticketId} from ${searchTexts} where ${matches(at(0), isStaff)}) select distinct ticket_id from matching))`,
})

export const notHolding = (sought: string, isStaff: boolean): Term => ({
  ...holding(sought, isStaff),
  shape: `not holding ${isStaff}`,
  condition: (at) => sql`not ${holding(sought, isStaff).condition(at)}`,
})

/** Whether so few messages hold what is sought that their tickets can be found before anything else is asked. */
export async function areFew({ db }: QueryContext, sought: string, isStaff: boolean): Promise<boolean> {
  const { rows } = await db.query((isStaff ? countAll : countPublic).bind({ sought }))
  return (rows[0]?.hits ?? 0) <= HITS_MAX
}

const countHits = (isStaff: boolean) =>
  prepareSql<{ sought: string }, { hits: number }>()(
    ($) => sql`with matching as materialized (select 1 from ${searchTexts} where ${matches(sql`${$.sought}`, isStaff)})
      select count(*)::int as hits from (select 1 from matching limit ${sql.raw(String(HITS_MAX + 1))}) as hits`,
  )
const countAll = countHits(true)
const countPublic = countHits(false)

const bestHits = (isStaff: boolean) =>
  prepareSql<{ ids: string[]; sought: string }, Said & { ticketId: string }>()(
    (
      $,
    ) => sql`select distinct on (${searchTexts.ticketId}) ${searchTexts.ticketId} as "ticketId", said.id, ${textOf(sql`said`)} as text
      from ${searchTexts} join ${messages} as said on said.id = ${searchTexts.messageId}
      where ${searchTexts.ticketId} = any(${$.ids}::text[]) and ${matches(sql`${$.sought}`, isStaff)}
      order by ${searchTexts.ticketId}, ts_rank(${searchTexts.words}, ${asked($.sought)}) desc, ${searchTexts.messageId} desc`,
  )
const bestOfAll = bestHits(true)
const bestOfPublic = bestHits(false)

/** For tickets that were found in another order: the message of each that matches best. */
export async function bestMessages(
  { db, actor }: QueryContext,
  ids: readonly string[],
  sought: string,
): Promise<ReadonlyMap<string, Said>> {
  if (!ids.length) return new Map()
  const { rows } = await db.query((isStaff(actor) ? bestOfAll : bestOfPublic).bind({ ids: [...ids], sought }))
  return new Map(rows.map(({ ticketId, ...said }) => [ticketId, said]))
}
