import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { folded } from '../../kernel/condition/fold.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { messages } from '../conversations/table.ts'
import { people } from '../people/table.ts'
import { tickets } from '../tickets/table.ts'
import { searchPending, searchTexts } from './table.ts'

const BATCH_MAX = 500

/** Words past this are not found. A tsvector holds a megabyte at most. */
const TEXT_LENGTH_MAX = 100_000

// One worker at a time: of two that make the same text the one who read earlier could be the one who writes later.
const INDEX_LOCK = 7_261_003

const asker = sql`concat_ws(' ', ${people.name}, ${people.email}, replace(${people.email}, '@', ' '))`
const text = sql`left(${messages.visibleText}, ${sql.raw(String(TEXT_LENGTH_MAX))})`

// folded by us, as the question is: the small letters of a database depend on its locale
const takeAndIndex = prepareSql<object, { count: number }>()(
  () => sql`with taken as (
    delete from ${searchPending} where ctid = any(array(select ctid from ${searchPending} where (select pg_try_advisory_xact_lock(${sql.raw(String(INDEX_LOCK))})) limit ${sql.raw(String(BATCH_MAX))})) returning message_id
  ), made as (
    insert into ${searchTexts} (message_id, ticket_id, public, words)
    select ${messages.id}, ${messages.ticketId}, ${messages.visibility} = 'public' and not ${messages.held},
      setweight(to_tsvector('simple', ${folded(tickets.subject)}), 'A')
      || setweight(to_tsvector('simple', ${folded(asker)}), 'B')
      || to_tsvector('simple', ${folded(text)})
    from ${messages} join ${tickets} on ${tickets.id} = ${messages.ticketId} join ${people} on ${people.id} = ${tickets.requesterId}
    where ${messages.id} in (select message_id from taken)
    on conflict (message_id) do update set ticket_id = excluded.ticket_id, public = excluded.public, words = excluded.words
  )
  select count(*)::int as count from taken`,
)

/** Puts texts into the index that are not there as they are now. Answers whether there may be more. Internal. */
export const indexTexts = defineCommand({
  name: 'indexTexts',
  group: 'tickets',
  input: NoInput,
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query }) {
    const [row] = (await query(takeAndIndex.bind({}))).rows
    return { more: (row?.count ?? 0) >= BATCH_MAX }
  },
})
