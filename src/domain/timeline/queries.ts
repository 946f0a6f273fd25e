import { type SQL, sql } from 'drizzle-orm'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { isStaff, SYSTEM } from '../../kernel/actor.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { type Changes, events } from '../../kernel/events.ts'
import {
  LIMIT_DEFAULT,
  type List,
  openCursor,
  type Page,
  PageInput,
  sealCursor,
  wrongParameter,
} from '../../kernel/page.ts'
import { Closed } from '../../kernel/schema.ts'
import type { MessageRow } from '../conversations/decide.ts'
import type { Message } from '../conversations/schema.ts'
import { shown } from '../conversations/shown.ts'
import { messages } from '../conversations/table.ts'
import type { Event } from '../events/schema.ts'
import { shownMail } from '../outbound/decide.ts'
import { outboundMails } from '../outbound/table.ts'
import { ruleRuns } from '../rules/table.ts'
import { ticket } from '../tickets/queries.ts'
import { TicketRef } from '../tickets/schema.ts'
import { vocabulary } from '../types/store.ts'
import { eventTypesOf, kindOfEvent, PUBLIC_MESSAGES, publicChanges, publicNames } from './decide.ts'
import { type EntryKind, entryKinds, type TimelineEntry } from './schema.ts'

/** What may be asked of a timeline. */
export const timelineList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = {
  filters: { kind: { column: events.type, kind: 'text', literals: entryKinds } },
  sorts: { at: { column: events.id, property: 'id' } },
  defaultSort: '-at',
}

interface Asked {
  /** The ticket, and those that were merged into it. */
  ticketIds: string[]
  /** The place of an entry in time: its id without the prefix, for all ids are UUIDs of version 7. */
  position: string | null
  types: string[]
  areExcluded: boolean
  limit: number
}
interface Place {
  id: string
  position: string
}

const AFTER_PREFIX = 5

/** Three ledgers of one ticket, each in the order of its index, as one list. */
function placesOf(backwards: boolean, ascending: boolean) {
  const forwards = ascending !== backwards
  const beyond = forwards ? sql`>` : sql`<`
  const direction = forwards ? sql`asc` : sql`desc`
  const ledger = (table: SQL, prefix: string, condition: SQL, $: Record<'ticketIds' | 'position' | 'limit', SQL>) =>
    sql`(select id, substr(id, ${sql.raw(String(AFTER_PREFIX))}) as position from ${table}
      where ticket_id = any(${$.ticketIds}::text[]) and ${condition} and (${$.position}::text is null or id ${beyond} ${sql.raw(`'${prefix}_'`)} || ${$.position}::text)
      order by id ${direction} limit ${$.limit})`
  return prepareSql<Asked & { mails: boolean; runs: boolean }, Place>()(($) => {
    const at = { ticketIds: sql`${$.ticketIds}`, position: sql`${$.position}`, limit: sql`${$.limit}` }
    const oneOf = sql`(type = any(${$.types}::text[])) <> ${$.areExcluded}::boolean`
    return sql`select id, position from (
      ${ledger(sql`events`, 'evt', oneOf, at)}
      union all ${ledger(sql`outbound_mails`, 'oum', sql`${$.mails}::boolean`, at)}
      union all ${ledger(sql`rule_runs`, 'run', sql`${$.runs}::boolean`, at)}
    ) as entries order by position ${direction} limit ${$.limit}`
  })
}

/** What a requester reads, so that what is hidden uses up no place on a page. */
function publicPlacesOf(backwards: boolean, ascending: boolean) {
  const forwards = ascending !== backwards
  const direction = forwards ? sql`asc` : sql`desc`
  return prepareSql<Asked & { ticketId: string; names: string[]; messages: boolean; changes: boolean }, Place>()(
    ($) => sql`select e.id, substr(e.id, ${sql.raw(String(AFTER_PREFIX))}) as position from events e
      where e.ticket_id = any(${$.ticketIds}::text[]) and (${$.position}::text is null or e.id ${forwards ? sql`>` : sql`<`} 'evt_' || ${$.position}::text)
        and ((${$.changes}::boolean and e.type = 'ticket.changed' and e.ticket_id = ${$.ticketId} and e.changes ?| ${$.names}::text[])
          or (${$.messages}::boolean and e.type = any(${$.types}::text[]) and exists (
            select 1 from messages m where m.id = e.data->>'messageId' and m.ticket_id = ${$.ticketId} and m.visibility = 'public' and not m.held)))
      order by e.id ${direction} limit ${$.limit}`,
  )
}

const both = <S>(make: (backwards: boolean, ascending: boolean) => S) => {
  const made = [make(false, false), make(true, false)] as const
  return (forwards: boolean): S => made[forwards ? 1 : 0]
}
const places = both(placesOf)
const publicPlaces = both(publicPlacesOf)

const mergedInto = prepareSql<{ ticketId: string }, { id: string }>()(
  ($) => sql`select id from tickets where merged_into_id = ${$.ticketId} order by id limit 100`,
)

const eventsById = prepare<{ ids: string[] }>()(($) =>
  build.select(rowOf(events)).from(events).where(sql`${events.id} = any(${$.ids}::text[])`),
)
const mailsById = prepare<{ ids: string[] }>()(($) =>
  build.select(rowOf(outboundMails)).from(outboundMails).where(sql`${outboundMails.id} = any(${$.ids}::text[])`),
)
const runsById = prepare<{ ids: string[] }>()(($) =>
  build.select(rowOf(ruleRuns)).from(ruleRuns).where(sql`${ruleRuns.id} = any(${$.ids}::text[])`),
)
// what was split off is read on its new ticket, by those who see that one
const messagesOfEvents = prepare<{ ids: string[]; ticketIds: string[] }>()(($) =>
  build
    .select(rowOf(messages))
    .from(messages)
    .where(
      sql`${messages.id} in (select ${events.data}->>'messageId' from ${events} where ${events.id} = any(${$.ids}::text[]))
        and ${messages.ticketId} = any(${$.ticketIds}::text[])`,
    ),
)

/**
 * All that happened on a ticket and on those that were merged into it, in order: messages, changes, assignments, mails, runs of rules. Requesters read the public messages and
 * the changes of what they may see, and not by whose rules.
 */
export const timelineQuery = defineQuery({
  name: 'timeline',
  group: 'tickets',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: () => undefined,

  async read(context, { ticketId: ref, page }): Promise<Page<TimelineEntry>> {
    const { limit = LIMIT_DEFAULT, after, before, sort = timelineList.defaultSort } = page
    if (after !== undefined && before !== undefined) throw wrongParameter('before', 'cannot be combined with after')
    if (sort !== 'at' && sort !== '-at') throw wrongParameter('sort', 'is at or -at')
    const kinds = kindsIn(page)
    const { id: ticketId } = await ticket.read(context, { ticketId: ref })

    const binding = JSON.stringify(['timeline', context.actor.id, ticketId, sort, kinds])
    const cursor = after ?? before
    const backwards = before !== undefined
    const position = cursor === undefined ? null : String(openCursor(context.secrets.cursor, binding, cursor)[0])
    const merged = (await context.db.query(mergedInto.bind({ ticketId }))).rows.map(({ id }) => id)
    const asked = { ticketId, ticketIds: [ticketId, ...merged], position, limit: limit + 1 }
    const found = await placesFor(context, { ...asked, kinds, forwards: (sort === 'at') !== backwards })

    const more = found.length > limit
    const shownPlaces = backwards ? found.slice(0, limit).reverse() : found.slice(0, limit)
    const seal = (place: Place | undefined) =>
      place ? sealCursor(context.secrets.cursor, binding, [place.position]) : null
    return {
      data: await entriesOf(
        context,
        asked.ticketIds,
        shownPlaces.map(({ id }) => id),
      ),
      nextCursor: backwards || more ? seal(shownPlaces.at(-1)) : null,
      prevCursor: (backwards ? more : cursor !== undefined) ? seal(shownPlaces[0]) : null,
    }
  },
})

function kindsIn({ filters = [] }: PageInput): EntryKind[] {
  const wanted = filters.find(({ field }) => field === 'kind')?.values
  if (!wanted) return [...entryKinds]
  const unknown = wanted.find((name) => !entryKinds.some((kind) => kind === name))
  if (unknown !== undefined) throw wrongParameter('kind', `${unknown} is none of ${entryKinds.join(', ')}`)
  return entryKinds.filter((kind) => wanted.includes(kind))
}

interface Wanted {
  ticketId: string
  ticketIds: string[]
  position: string | null
  limit: number
  kinds: readonly EntryKind[]
  forwards: boolean
}

async function placesFor({ db, actor, cached }: QueryContext, { kinds, forwards, ...asked }: Wanted): Promise<Place[]> {
  if (isStaff(actor)) {
    const ledgers = { mails: kinds.includes('mail'), runs: kinds.includes('rule_run') }
    return (await db.query(places(forwards).bind({ ...asked, ...eventTypesOf(kinds), ...ledgers }))).rows
  }
  const names = publicNames((await cached(vocabulary)).fields)
  const wanted = { messages: kinds.includes('message'), changes: kinds.includes('change') }
  const types = { types: PUBLIC_MESSAGES, areExcluded: false }
  return (await db.query(publicPlaces(forwards).bind({ ...asked, ...types, ...wanted, names }))).rows
}

const NOTHING = {
  type: null,
  actor: null,
  channel: null,
  message: null,
  changes: {},
  mail: null,
  ruleRun: null,
  cause: null,
}

/** The entries of these ids, in their order. */
async function entriesOf(context: QueryContext, ticketIds: string[], ids: string[]): Promise<TimelineEntry[]> {
  const { db } = context
  const [happened, said, mails, runs] = await Promise.all([
    db.query(eventsById.bind({ ids })),
    db.query(messagesOfEvents.bind({ ids, ticketIds })),
    db.query(mailsById.bind({ ids })),
    db.query(runsById.bind({ ids })),
  ])
  const messageOf = new Map(said.rows.map((row) => [row.id, resourceOf(shown(context, row))]))
  const names = isStaff(context.actor) ? undefined : publicNames((await context.cached(vocabulary)).fields)
  const entries: TimelineEntry[] = [
    ...happened.rows.map((row) => entryOf(row, messageOf, names)),
    ...mails.rows.map((row) => ({
      ...NOTHING,
      id: row.id,
      kind: 'mail' as const,
      at: row.createdAt,
      mail: shownMail(row),
    })),
    ...runs.rows.map((row) => ({ ...NOTHING, id: row.id, kind: 'rule_run' as const, at: row.at, ruleRun: row })),
  ]
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

const resourceOf = ({ sanitiserVersion: _s, originTicketId: _o, ...message }: MessageRow): Message => message

type EventRow = typeof events.$inferSelect

/** For requesters (`names`: what they may hear of) a rule is the desk, and nothing is said of causes and keys. */
function entryOf(
  row: EventRow,
  messageOf: ReadonlyMap<string, Message>,
  names: readonly string[] | undefined,
): TimelineEntry {
  const { id, at, type, channel, actorId, apiKeyId } = row
  const actor = { kind: row.actorKind as Event['actor']['kind'], id: actorId, apiKeyId } // only actors act
  const { messageId } = row.data as { messageId?: string } // of those that tell of one
  const message = (messageId === undefined ? undefined : messageOf.get(messageId)) ?? null
  const changes: Changes = row.changes
  const entry = { ...NOTHING, id, at, type, channel, message, kind: kindOfEvent(type) }
  if (!names) return { ...entry, actor, changes, cause: row.cause }
  return {
    ...entry,
    actor: actor.kind === 'person' ? { ...actor, apiKeyId: null } : { kind: 'system', id: SYSTEM.id, apiKeyId: null },
    changes: publicChanges(changes, names),
  }
}
