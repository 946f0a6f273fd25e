import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { preview } from '../conversations/text.ts'
import { afterChange, type TicketRow } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'

interface Move {
  fromId: string
  toId: string
  fromCustomerId: string
  fromInternalId: string
  customerId: string
  internalId: string
}

/** Which messages move, where they are at home from then on, and what hangs on them: files, and what search has of them. */
const moving = <A extends Move>(
  which: ($: Record<string, unknown>) => ReturnType<typeof sql>,
  home: ($: Record<string, unknown>) => ReturnType<typeof sql>,
) =>
  prepareSql<A, { id: string }>()(($) => {
    const values = $ as Record<string, unknown>
    return sql`with moved as (
      update messages set ticket_id = ${values.toId}, origin_ticket_id = ${home(values)},
        conversation_id = case when conversation_id = ${values.fromCustomerId} then ${values.customerId} when conversation_id = ${values.fromInternalId} then ${values.internalId} else conversation_id end
      where ticket_id = ${values.fromId} and ${which(values)} returning id
    ), files as (update attachments set ticket_id = ${values.toId} where message_id in (select id from moved)),
    -- at once: with its next turn the index would find them for whoever reads the ticket that they left
    texts as (update search_texts set ticket_id = ${values.toId} where message_id in (select id from moved))
    select id from moved order by id`
  })

const mergeMessages = moving<Move>(
  () => sql`true`,
  () => sql`coalesce(origin_ticket_id, ticket_id)`,
)
const returnMessages = moving<Move & { originIds: string[] }>(
  ($) => sql`origin_ticket_id = any(${$.originIds}::text[])`,
  ($) => sql`nullif(origin_ticket_id, ${$.toId})`,
)
const splitMessages = moving<Move & { ids: string[] }>(
  ($) => sql`id = any(${$.ids}::text[])`,
  () => sql`null`,
)

type Ends = { from: TicketRow; to: TicketRow }
const moveOf = ({ from, to }: Ends): Move => ({
  fromId: from.id,
  toId: to.id,
  fromCustomerId: from.customerConversationId,
  fromInternalId: from.internalConversationId,
  customerId: to.customerConversationId,
  internalId: to.internalConversationId,
})

/** All messages of a ticket go to another one; they keep where they were written. Answers how many. */
export const moveAll = async ({ query }: CommandContext, ends: Ends): Promise<number> =>
  (await query(mergeMessages.bind(moveOf(ends)))).rows.length

/** What was written on these tickets comes back; what was written after the merge stays. Answers how many. */
export const moveBack = async ({ query }: CommandContext, ends: Ends, originIds: readonly string[]): Promise<number> =>
  (await query(returnMessages.bind({ ...moveOf(ends), originIds: [...originIds] }))).rows.length

/** Messages go to another ticket for good. */
export const moveSome = async ({ query }: CommandContext, ends: Ends, ids: readonly string[]): Promise<void> =>
  void (await query(splitMessages.bind({ ...moveOf(ends), ids: [...ids] })))

interface Said {
  ticketId: string
  lastMessageAt: Instant | null
  lastRequesterActivityAt: Instant | null
  lastAgentActivityAt: Instant | null
  firstRepliedAt: Instant | null
  lastReplyAt: Instant | null
  lastNoteAt: Instant | null
  lastActivityBy: string | null
  needsReaction: boolean | null
  visibleText: string | null
}

// what a machine reported is kept as an internal message without an author, and is no note
const said = prepareSql<{ ids: string[] }, Said>()(
  ($) => sql`with written as (
      select m.ticket_id, m.id, m.author_id, m.created_at, m.visibility = 'public' as public,
        coalesce(p.acts_as = 'requester' or p.id = t.requester_id, false) as customer, not (m.channel = 'email' and m.author_id is null) as written
      from messages m join tickets t on t.id = m.ticket_id left join people p on p.id = m.author_id
      where m.ticket_id = any(${$.ids}::text[]) and not m.held
    ), said as (select *, author_id is not null and not customer as staff from written), told as (
      select ticket_id, max(created_at) filter (where public) as last_message_at,
        max(created_at) filter (where public and customer) as last_requester_activity_at,
        max(created_at) filter (where public and staff) as last_reply_at, min(created_at) filter (where public and staff) as first_replied_at,
        max(created_at) filter (where not public and written) as last_note_at,
        max(id) filter (where public) as last_id, max(id) filter (where public and (customer or staff)) as last_spoken_id from said group by ticket_id
    )
    select told.ticket_id as "ticketId", told.last_message_at as "lastMessageAt", told.last_requester_activity_at as "lastRequesterActivityAt",
      told.last_reply_at as "lastAgentActivityAt", told.last_reply_at as "lastReplyAt", told.first_replied_at as "firstRepliedAt", told.last_note_at as "lastNoteAt",
      m.author_id as "lastActivityBy", spoken.customer as "needsReaction", m.visible_text as "visibleText"
    from told left join said spoken on spoken.id = told.last_spoken_id left join messages m on m.id = told.last_id`,
)

/** What a ticket says of its messages. */
export type Activity = Pick<
  TicketRow,
  | 'lastMessageAt'
  | 'lastRequesterActivityAt'
  | 'lastAgentActivityAt'
  | 'firstRepliedAt'
  | 'lastReplyAt'
  | 'lastNoteAt'
  | 'lastActivityBy'
  | 'needsReaction'
  | 'lastMessagePreview'
>

const NOTHING: Activity = {
  lastMessageAt: null,
  lastRequesterActivityAt: null,
  lastAgentActivityAt: null,
  firstRepliedAt: null,
  lastReplyAt: null,
  lastNoteAt: null,
  lastActivityBy: null,
  needsReaction: false,
  lastMessagePreview: null,
}

/** The activity of tickets, from the messages that they have now. */
export async function activityOf(
  { query }: CommandContext,
  ids: readonly string[],
): Promise<(ticketId: string) => Activity> {
  const { rows } = await query(said.bind({ ids: [...ids] }))
  const found = new Map(
    rows.map(({ ticketId, visibleText, needsReaction, ...times }): [string, Activity] => [
      ticketId,
      {
        ...times,
        needsReaction: needsReaction ?? false,
        lastMessagePreview: visibleText === null ? null : preview(visibleText),
      },
    ]),
  )
  return (ticketId) => found.get(ticketId) ?? NOTHING
}

type Rewritten = Activity & Partial<Pick<LockedTicket['ticket'], 'mergedIntoId' | 'mergedUnderId'>>

/** What came or went with messages: a change that everybody sees, and no act of an agent towards anybody. */
export function rewrite({ update, actor, now }: CommandContext, { ticket }: LockedTicket, changes: Rewritten): void {
  update(tickets, ticket, { ...afterChange(ticket, { changed: ['messages'] }, actor, now), ...changes })
}
