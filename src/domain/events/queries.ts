import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { events, feed } from '../../kernel/events.ts'
import { LIMIT_DEFAULT } from '../../kernel/page.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Event, EventsInput } from './schema.ts'

const columns = sql`${events.id} as id, ${feed.sequence} as sequence, ${events.type} as type, ${events.at} as at,
  jsonb_build_object('kind', ${events.actorKind}, 'id', ${events.actorId}, 'apiKeyId', ${events.apiKeyId}) as actor,
  ${events.channel} as channel, ${events.ticketId} as "ticketId",
  jsonb_build_object('type', ${events.objectType}, 'id', ${events.objectId}, 'version', ${events.objectVersion}) as object,
  ${events.changes} as changes, ${events.data} as data, ${events.cause} as cause`

const inFeedOrder = prepareSql<{ after: number; types: string[] | null; limit: number }, Event>()(
  ($) => sql`select ${columns} from ${feed} join ${events} on ${events.id} = ${feed.eventId}
    where ${feed.sequence} > ${$.after} and (${$.types}::text[] is null or ${events.type} = any(${$.types}::text[]))
    order by ${feed.sequence} limit ${$.limit}`,
)

/** What happened, in the order of the feed, oldest first: whoever goes on from the last sequence misses nothing. */
export const eventsQuery = defineQuery({
  name: 'events',
  group: 'events',
  input: EventsInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { after = 0, types, limit = LIMIT_DEFAULT }) {
    const { rows } = await db.query(inFeedOrder.bind({ after, types: types ?? null, limit: limit + 1 }))
    const data = rows.slice(0, limit)
    const last = data.at(-1)?.sequence
    return { data, nextCursor: rows.length > limit && last ? String(last) : null, prevCursor: null }
  },
})
