import { type SQL, sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { reachOf } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { events, feed } from '../../kernel/events.ts'
import { LIMIT_DEFAULT } from '../../kernel/page.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { hangsOnSeen } from '../tickets/reach.ts'
import { type Event, EventsInput } from './schema.ts'

const columns = sql`${events.id} as id, ${feed.sequence} as sequence, ${events.type} as type, ${events.at} as at,
  jsonb_build_object('kind', ${events.actorKind}, 'id', ${events.actorId}, 'apiKeyId', ${events.apiKeyId}) as actor,
  ${events.channel} as channel, ${events.ticketId} as "ticketId",
  jsonb_build_object('type', ${events.objectType}, 'id', ${events.objectId}, 'version', ${events.objectVersion}) as object,
  ${events.changes} as changes, ${events.data} as data, ${events.cause} as cause`

const inFeedOrder = (seen: (viewer: Viewer) => SQL) =>
  prepareSql<{ after: number; types: string[] | null; limit: number } & Viewing, Event>()(
    ($) => sql`select ${columns} from ${feed} join ${events} on ${events.id} = ${feed.eventId}
    where ${feed.sequence} > ${$.after} and (${$.types}::text[] is null or ${events.type} = any(${$.types}::text[])) ${seen(viewerIn($))}
    order by ${feed.sequence} limit ${$.limit}`,
  )

const allEvents = inFeedOrder(() => sql``)
// what belongs to no ticket is not theirs to read either
const limitedEvents = inFeedOrder((viewer) => sql`and ${hangsOnSeen(events.ticketId, viewer)}`)

/** What happened, in the order of the feed, oldest first: whoever goes on from the last sequence misses nothing. */
export const eventsQuery = defineQuery({
  name: 'events',
  group: 'events',
  input: EventsInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor }, { after = 0, types, limit = LIMIT_DEFAULT }) {
    const feedFor = reachOf(actor) === 'limited' ? limitedEvents : allEvents
    const { rows } = await db.query(feedFor.bind({ after, types: types ?? null, limit: limit + 1, ...viewing(actor) }))
    const data = rows.slice(0, limit)
    const last = data.at(-1)?.sequence
    return { data, nextCursor: rows.length > limit && last ? String(last) : null, prevCursor: null }
  },
})
