import type { Pool, PoolClient } from 'pg'
import {
  type Acts,
  AUTHOR,
  type Message,
  messageColumns,
  only,
  PREVIEW_LENGTH,
  SEARCH,
  type Ticket,
  ticketColumns,
} from './limit-acts.ts'

/** A person, whether new or not. */
const PERSON = `
with asked as (select id from people where email = $1),
made as (
  insert into people (email, role) select $1, 'requester' where not exists (select from asked)
  on conflict (email) do update set email = excluded.email returning id
)
select id from asked union all select id from made`
const OPEN = `
insert into tickets (subject, status, is_open, priority, priority_rank, requester_id, tags, channel, last_message_preview)
values ($1, 'open', true, 'normal', 2, $3, '{}', 'api', left($2, ${PREVIEW_LENGTH})) returning ${ticketColumns('tickets')}`
const WRITE = `
insert into messages (ticket_id, author_id, visibility, channel, body) values ($1, $2, 'public', 'api', $3)
returning ${messageColumns('messages')}`
const TELL = `
insert into audit (type, ticket_id, actor_id, content) values ($1, $2, ${AUTHOR}, jsonb_build_object('messageId', $3::bigint))`
const LOCK = 'select id from tickets where id = $1 for update'
const MOVE = `
update tickets set updated_at = now(), last_message_at = now(), last_message_preview = left($2, ${PREVIEW_LENGTH}),
  first_replied_at = coalesce(first_replied_at, now())
where id = $1`
const TICKET = `select ${ticketColumns('t')} from tickets as t where t.id = $1`
const MESSAGES = `
select * from (select ${messageColumns('m')} from messages as m where m.ticket_id = $1 order by m.id desc limit 100) as latest order by id`
const LIST = `
select ${ticketColumns('t')} from tickets as t where assignee_id = $1 and is_open
order by priority_rank desc, updated_at desc, id desc limit $2`

type Rows = <R extends object>(name: string, text: string, values: unknown[]) => Promise<R[]>

/** Each request is a transaction of several statements, each waited for: BEGIN, up to four, COMMIT. */
export const inTransactions = (pool: Pool): Acts => ({
  open: ({ subject, body, requester }) =>
    transaction(pool, async (rows) => {
      const { id: requesterId } = only(await rows<{ id: string }>('person', PERSON, [requester.email]))
      const ticket = only(await rows<Ticket>('open', OPEN, [subject, body, requesterId]))
      const message = only(await rows<Message>('write', WRITE, [ticket.id, requesterId, body]))
      await rows('tell', TELL, ['ticket.opened', ticket.id, message.id])
      return ticket
    }),
  read: (id) =>
    transaction(pool, async (rows) => {
      const ticket = only(await rows<Ticket>('ticket', TICKET, [id]))
      return { ...ticket, messages: await rows<Message>('messages', MESSAGES, [id]) }
    }),
  list: (assigneeId, limit) => transaction(pool, (rows) => rows<Ticket>('list', LIST, [assigneeId, limit])),
  search: (words, limit) => transaction(pool, (rows) => rows<Message>('search', SEARCH, [words, limit])),
  reply: (ticketId, body) =>
    transaction(pool, async (rows) => {
      only(await rows('lock', LOCK, [ticketId]))
      await rows('move', MOVE, [ticketId, body])
      const message = only(await rows<Message>('write', WRITE, [ticketId, AUTHOR, body]))
      await rows('tell', TELL, ['ticket.replied', ticketId, message.id])
      return message
    }),
})

async function transaction<T>(pool: Pool, work: (rows: Rows) => Promise<T>): Promise<T> {
  const client: PoolClient = await pool.connect()
  try {
    await client.query('begin')
    const answer = await work(
      async <R extends object>(name: string, text: string, values: unknown[]) =>
        (await client.query<R>({ name, text, values })).rows,
    )
    await client.query('commit')
    return answer
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
