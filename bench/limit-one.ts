import type { Pool } from 'pg'
import {
  type Acts,
  AUTHOR,
  type Message,
  messageColumns,
  only,
  PREVIEW_LENGTH,
  SEARCH,
  type Ticket,
  type TicketWithMessages,
  ticketColumns,
} from './limit-acts.ts'

const OPEN = `
with asked as (select id from people where email = $3),
made as (
  insert into people (email, role) select $3, 'requester' where not exists (select from asked)
  on conflict (email) do update set email = excluded.email returning id
),
opened as (
  insert into tickets (subject, status, is_open, priority, priority_rank, requester_id, tags, channel, last_message_preview)
  select $1, 'open', true, 'normal', 2, id, '{}', 'api', left($2, ${PREVIEW_LENGTH}) from (select id from asked union all select id from made) as who
  returning *
),
written as (
  insert into messages (ticket_id, author_id, visibility, channel, body) select id, requester_id, 'public', 'api', $2 from opened returning id
),
told as (
  insert into audit (type, ticket_id, actor_id, content)
  select 'ticket.opened', opened.id, ${AUTHOR}, jsonb_build_object('messageId', written.id) from opened, written
)
select ${ticketColumns('opened')} from opened`

const READ = `
select ${ticketColumns('t')},
  (select coalesce(json_agg(m order by m.id), '[]') from (select ${messageColumns('m')} from messages as m where m.ticket_id = t.id order by m.id desc limit 100) as m) as messages
from tickets as t where t.id = $1`

const LIST = `
select ${ticketColumns('t')} from tickets as t where assignee_id = $1 and is_open
order by priority_rank desc, updated_at desc, id desc limit $2`

const REPLY = `
with moved as (
  update tickets set updated_at = now(), last_message_at = now(), last_message_preview = left($2, ${PREVIEW_LENGTH}),
    first_replied_at = coalesce(first_replied_at, now())
  where id = $1 returning id
),
written as (
  insert into messages (ticket_id, author_id, visibility, channel, body) select id, ${AUTHOR}, 'public', 'api', $2 from moved returning *
),
told as (
  insert into audit (type, ticket_id, actor_id, content)
  select 'ticket.replied', ticket_id, ${AUTHOR}, jsonb_build_object('messageId', id) from written
)
select ${messageColumns('written')} from written`

/** Each request is one statement, prepared once on each connection; a statement is a transaction. */
export function inOneStatement(pool: Pool): Acts {
  const rows = async <R extends object>(name: string, text: string, values: unknown[]) =>
    (await pool.query<R>({ name, text, values })).rows
  return {
    open: async ({ subject, body, requester }) =>
      only(await rows<Ticket>('open', OPEN, [subject, body, requester.email])),
    read: async (id) => only(await rows<TicketWithMessages>('read', READ, [id])),
    list: (assigneeId, limit) => rows<Ticket>('list', LIST, [assigneeId, limit]),
    search: (words, limit) => rows<Message>('search', SEARCH, [words, limit]),
    reply: async (ticketId, body) => only(await rows<Message>('reply', REPLY, [ticketId, body])),
  }
}
