import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

/** Whose it is: the ids of their records, and what else names them: their addresses. */
export interface Whose {
  ids: string[]
  addresses: string[]
  /** Both, in small letters. */
  needles: string[]
}
export type Names = Record<keyof Whose, SQLWrapper>

export const whose = (ids: string[], addresses: string[]): Whose => ({
  ids,
  addresses,
  needles: [...ids, ...addresses].map((needle) => needle.toLowerCase()),
})

const ids = ($: Names) => sql`any(${$.ids}::text[])`
const addresses = ($: Names) => sql`any(${$.addresses}::text[])`
const theirTickets = ($: Names) => sql`(select t.id from tickets t where t.requester_id = ${ids($)})`

/** A text that names them, at whatever place. */
const names = ($: Names, text: SQL) =>
  sql`exists (select from unnest(${$.needles}::text[]) as needle where strpos(lower(${text}), needle) > 0)`

/** Where something of one person is kept, by table: a row is `r`. What they asked for is theirs with all that was said about it. */
export const theirs = {
  messages: ($: Names) =>
    sql`(r.author_id = ${ids($)} or r.ticket_id in ${theirTickets($)} or r.origin_ticket_id in ${theirTickets($)})`,
  events: ($: Names) =>
    sql`(r.actor_id = ${ids($)} or r.object_id = ${ids($)} or r.object_id = ${addresses($)} or r.ticket_id in ${theirTickets($)}
      or r.object_id in (select c.id from contracts c where c.requester_id = ${ids($)}) or ${names($, sql`r.facts::text`)} or ${names($, sql`r.changes::text`)} or ${names($, sql`r.data::text`)})`,
  inbound_mails: ($: Names) =>
    sql`(r.state <> 'pending' and (r.ticket_id in ${theirTickets($)} or ${names($, sql`r.mail_from`)} or ${names($, sql`r.outcome::text`)}
      or exists (select from messages m where m.id = r.message_id and m.author_id = ${ids($)})))`,
  outbound_mails: ($: Names) =>
    sql`(r.person_id = ${ids($)} or r."to" = ${addresses($)} or r.ticket_id in ${theirTickets($)} or ${names($, sql`r.trail::text`)})`,
} as const

/** Tables that are walked through from end to end, in the order of their ids. */
export const walked = ['messages', 'inbound_mails', 'outbound_mails', 'events'] as const
export type Walked = (typeof walked)[number]
