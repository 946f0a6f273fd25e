import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import type { Connection } from '../../db/client.ts'
import { prepareSql, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { LIMIT_MAX, type List, type Page, PageInput, readPage } from '../../kernel/page.ts'
import { Closed, Id, NoInput } from '../../kernel/schema.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { listedFor, seenTicket } from '../tickets/reach.ts'
import { tickets } from '../tickets/table.ts'
import { activeSla, revisionsFor } from './active.ts'
import { type ClockRow, type Kept, keptOf } from './kept.ts'
import {
  type SlaClock,
  type SlaPolicy,
  SlaPolicyAct,
  slaMetrics,
  slaStates,
  type TicketSla,
  TicketSlaInput,
} from './schema.ts'
import { shownClock, shownTicket } from './shown.ts'
import { allPolicies, findPolicy } from './store.ts'
import { slaClocks } from './table.ts'

/** All policies in the order in which they are asked. */
export const slaPoliciesQuery = defineQuery({
  name: 'slaPolicies',
  group: 'vocabularies',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ db }): Promise<SlaPolicy[]> => allPolicies(db),
})

export const slaPolicy = defineQuery({
  name: 'slaPolicy',
  group: 'vocabularies',
  input: SlaPolicyAct,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ db }, { key }): Promise<SlaPolicy> => findPolicy(db, key),
})

/** What was promised by all that these clocks count by, now or when they were met. */
const revisionsOfKept = async (db: Connection, cached: Parameters<typeof revisionsFor>[1], kept: Iterable<Kept>) =>
  revisionsFor(
    (statement) => db.query(statement),
    cached,
    [...kept].flatMap(({ ticket, clocks }) => [
      ...(ticket ? [ticket] : []),
      ...slaMetrics.flatMap((metric) => clocks[metric] ?? []),
    ]),
  )

const seen = prepareSql<{ ids: string[] } & Viewing, { id: string }>()(
  ($) => sql`select id from ${tickets} where ${tickets.id} = any(${$.ids}::text[]) and ${seenTicket(viewerIn($))}`,
)

/** What is promised for each of these tickets, as far as they are seen. */
export const slaByTicket = defineQuery({
  name: 'slaByTicket',
  group: 'tickets',
  input: Closed({ ticketIds: Type.Array(Id(), { maxItems: LIMIT_MAX }) }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor, cached, now }, { ticketIds }): Promise<Map<string, TicketSla>> {
    const { rows } = await db.query(seen.bind({ ids: ticketIds, ...viewing(actor) }))
    const kept = await keptOf(
      (statement) => db.query(statement),
      rows.map(({ id }) => id),
    )
    const revisionOf = await revisionsOfKept(db, await cached(activeSla), kept.values())
    return new Map([...kept].map(([id, each]) => [id, shownTicket(id, each, revisionOf, now)]))
  },
})

/** What is promised for a ticket, and how that stands. */
export const ticketSla = defineQuery({
  name: 'ticketSla',
  group: 'tickets',
  input: TicketSlaInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId }): Promise<TicketSla> {
    const id = await visibleTicketId(context, ticketId)
    const kept = await keptOf((statement) => context.db.query(statement), [id])
    const revisionOf = await revisionsOfKept(context.db, await context.cached(activeSla), kept.values())
    return shownTicket(id, kept.get(id) ?? { ticket: undefined, clocks: {} }, revisionOf, context.now)
  },
})

const list: List<ClockRow> = {
  name: 'sla_clocks',
  columns: rowOf(slaClocks),
  from: slaClocks,
  visible: () => sql`${slaClocks.targetSeconds} is not null`,
  id: slaClocks.id,
  filters: {
    ticketId: { column: slaClocks.ticketId, kind: 'reference' },
    metric: { column: slaClocks.metric, kind: 'text', literals: slaMetrics },
    state: { column: slaClocks.state, kind: 'text', literals: slaStates },
    policyKey: { column: slaClocks.policyKey, kind: 'text' },
    dueAt: { column: slaClocks.dueAt, kind: 'instant' },
    breached: { column: sql`(${slaClocks.breachedAt} is not null)`, kind: 'boolean' },
  },
  sorts: {
    dueAt: { column: slaClocks.dueAt, property: 'dueAt', empty: 'infinity' },
    startedAt: { column: slaClocks.startedAt, property: 'startedAt' },
  },
  defaultSort: 'dueAt',
}
/** What may be asked of all clocks. */
export const slaClockList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = list

const clocksFor = listedFor(list, slaClocks.ticketId)

/** The clocks of all tickets that are seen, what is due next first. */
export const slaClocksQuery = defineQuery({
  name: 'slaClocks',
  group: 'tickets',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, input): Promise<Page<SlaClock>> {
    const { data, ...page } = await readPage(clocksFor(context.actor), context, input)
    const { db, cached, now } = context
    const revisionOf = await revisionsFor((statement) => db.query(statement), await cached(activeSla), data)
    return { ...page, data: data.flatMap((row) => shownClock(row, revisionOf(row), now) ?? []) }
  },
})
