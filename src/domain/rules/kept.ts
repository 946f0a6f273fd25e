import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import type { FactualEvent, factsOf } from './facts.ts'

/** An event as it is kept, with its facts. */
export interface Kept extends FactualEvent {
  id: string
  ticketId: string
  objectId: string
}

interface Asked {
  ticketId: string
  id: string | null
  types: string[] | null
  waitOf: string | null
}

const keptEvent = prepareSql<Asked, Kept>()(
  ($) => sql`select id, type, channel, at, facts, ticket_id as "ticketId",
      object_id as "objectId" from events
    where ticket_id = ${$.ticketId} and (${$.id}::text is null or id = ${$.id})
      and (${$.types}::text[] is null or type = any(${$.types}::text[]) or (type = 'rule.due' and object_id = ${$.waitOf}))
    order by id desc limit 1`,
)

export type Said = Parameters<typeof factsOf>[1]
const messageById = prepareSql<{ id: string | null }, NonNullable<Said>>()(
  ($) =>
    sql`select visibility, channel, body_text as "bodyText", visible_text as "visibleText", verified from messages where id = ${$.id}`,
)

/**
 * An event of a ticket and the message that it is about: the one that is named, else the latest of these types, or the latest end of a
 * wait of this rule.
 */
export async function keptEventOf(
  context: Pick<QueryContext, 'db' | 'actor'>,
  ref: string,
  eventId: string | undefined,
  { on, waitOf }: { on?: readonly string[] | undefined; waitOf?: string },
): Promise<{ event: Kept; said: Said }> {
  const { db } = context
  const ticketId = await visibleTicketId(context, ref)
  const types = eventId === undefined && on ? [...on] : null
  const asked = { ticketId, id: eventId ?? null, types, waitOf: waitOf ?? null }
  const [event] = (await db.query(keptEvent.bind(asked))).rows
  if (!event) throw new Problem('event_not_found')
  const { messageId = null } = event.facts as { messageId?: string | null } // ticketFacts wrote them
  return { event, said: (await db.query(messageById.bind({ id: messageId }))).rows[0] }
}
