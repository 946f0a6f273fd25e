import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { tsvectorArray } from '../../db/vectors.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { messages } from '../conversations/table.ts'
import { people } from '../people/table.ts'
import { tickets } from '../tickets/table.ts'
import { searchPending, searchTexts } from './table.ts'
import { vectorOf } from './vectors.ts'

/** Messages of one transaction: their texts are in memory together, as long as texts may be. */
const BATCH_MAX = 50

/** Words past this are not found. A tsvector holds a megabyte at most. */
const TEXT_LENGTH_MAX = 100_000

// One worker at a time: of two that make the same text the one who read earlier could be the one who writes later.
const INDEX_LOCK = 7_261_003

/** A message that is to be found, and how many were taken together; one that is gone has no ticket any more. */
interface Taken {
  count: number
  messageId: string
  ticketId: string | null
  public: boolean
  subject: string
  asker: string
  text: string | null
}

const text = sql`case when octet_length(${messages.visibleText}) <= ${sql.raw(String(TEXT_LENGTH_MAX))} then ${messages.visibleText} else left(${messages.visibleText}, ${sql.raw(String(TEXT_LENGTH_MAX))}) end`

// what changes after this was read leaves a row again, by triggers, and is read anew
const take = prepareSql<object, Taken>()(
  () => sql`with taken as (
    delete from ${searchPending} where ctid = any(array(select ctid from ${searchPending} where (select pg_try_advisory_xact_lock(${sql.raw(String(INDEX_LOCK))})) limit ${sql.raw(String(BATCH_MAX))})) returning message_id
  ), found as (
    select ${messages.id}, ${messages.ticketId} as ticket_id, ${messages.visibility} = 'public' and not ${messages.held} as public, ${tickets.subject}, concat_ws(' ', ${people.name}, ${people.email}) as asker, ${text} as text
    from ${messages} join ${tickets} on ${tickets.id} = ${messages.ticketId} join ${people} on ${people.id} = ${tickets.requesterId}
    where ${messages.id} in (select message_id from taken)
  )
  select taken.count::int, asked.message_id as "messageId", found.ticket_id as "ticketId", found.public, found.subject, found.asker, found.text
  from (select count(*) as count from taken) as taken, (select distinct message_id from taken) as asked left join found on found.id = asked.message_id`,
)

const put = prepareSql<{ ids: string[]; ticketIds: string[]; publics: boolean[]; vectors: Uint8Array }, object>()(
  ($) => sql`insert into ${searchTexts} (message_id, ticket_id, public, words)
    select id, ticket_id, public, vector
    from unnest(${$.ids}::text[], ${$.ticketIds}::text[], ${$.publics}::boolean[], ${$.vectors}::tsvector[]) as made (id, ticket_id, public, vector)
    on conflict (message_id) do update set ticket_id = excluded.ticket_id, public = excluded.public, words = excluded.words`,
)

/** Puts texts into the index that are not there as they are now. Answers whether there may be more. Internal. */
export const indexTexts = defineCommand({
  name: 'indexTexts',
  group: 'tickets',
  input: NoInput,
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query }) {
    const { rows } = await query(take.bind({}))
    const found = rows.flatMap(({ ticketId, ...row }) => (ticketId === null ? [] : [{ ...row, ticketId }]))
    const vectors: Uint8Array[] = []
    for (const row of found) {
      vectors.push(vectorFor(row))
      // long texts take a while, and others have to have their turn
      await turn()
    }
    const ids = found.map(({ messageId }) => messageId)
    const ticketIds = found.map(({ ticketId }) => ticketId)
    if (ids.length)
      await query(
        put.bind({ ids, ticketIds, publics: found.map((row) => row.public), vectors: tsvectorArray(vectors) }),
      )
    return { more: (rows[0]?.count ?? 0) >= BATCH_MAX }
  },
})

const vectorFor = ({ subject, asker, text }: Pick<Taken, 'subject' | 'asker' | 'text'>): Uint8Array =>
  vectorOf([
    { text: subject, weight: 'A' },
    { text: asker, weight: 'B' },
    { text: text ?? '', weight: '' },
  ])
