import { execute } from './postgres.ts'
import { AGENTS, SAME_WORD, type Sown } from './workloads.ts'

/** Requesters for so many tickets. */
export const sownFor = (tickets: number): Sown => ({ tickets, people: Math.max(1_000, Math.ceil(tickets / 4)) })

const LIMIT_TABLES = `
create table people (id bigint generated always as identity primary key, email text not null unique, role text not null, created_at timestamptz(3) not null default now());
create table tickets (
  id bigint generated always as identity primary key, subject text not null, status text not null, is_open boolean not null,
  priority text not null, priority_rank smallint not null, requester_id bigint not null references people, assignee_id bigint references people,
  tags text[] not null, channel text not null, created_at timestamptz(3) not null default now(), updated_at timestamptz(3) not null default now(),
  first_replied_at timestamptz(3), last_message_at timestamptz(3) not null default now(), last_message_preview text not null, version integer not null default 1
);
create table messages (
  id bigint generated always as identity primary key, ticket_id bigint not null references tickets, author_id bigint not null references people,
  visibility text not null, channel text not null, body text not null, created_at timestamptz(3) not null default now()
);
create table audit (
  id bigint generated always as identity primary key, type text not null, at timestamptz(3) not null default now(), ticket_id bigint not null,
  actor_id bigint not null, content jsonb not null
);
create table mail_references (message_id text primary key, ticket_id bigint not null references tickets);
create table mails (
  id bigint generated always as identity primary key, identity text not null unique, received_at timestamptz(3) not null default now(), sender text not null,
  size integer not null, raw bytea not null
);
create index on tickets (requester_id);
create index on tickets (assignee_id, priority_rank desc, updated_at desc, id desc) where is_open;
create index on messages (ticket_id, id);
create table searched (message_id bigint primary key, words tsvector not null);
create index on audit (ticket_id, id);
create index on searched using gin (words);`

// The same for both: what the nth ticket is like. 70 % are open; each agent has their share of each status.
const ticketsLike = ({ tickets, people }: Sown) => `
  select n, 1 + n % ${AGENTS} as agent, 1 + n % ${people} as person, 1 + hash % 4 as rank, hash % 5 as more,
    (array['low', 'normal', 'high', 'urgent'])[1 + hash % 4] as priority,
    (array['open', 'waiting_on_customer', 'solved'])[case when n / ${AGENTS} % 10 < 7 then 1 when n / ${AGENTS} % 10 = 7 then 2 else 3 end] as status,
    now() - make_interval(secs => (hash % 2592000) + 60) as at
  from (select n, hashint4(n) & 2147483647 as hash from generate_series(1, ${tickets}) as n) as hashed`

/** The limit's tables with everything in them. */
export const sowLimit = (url: string, sown: Sown): Promise<void> =>
  execute(
    url,
    `${LIMIT_TABLES}
insert into people (email, role) select 'agent-' || n || '@example.com', 'agent' from generate_series(1, ${AGENTS}) as n;
insert into people (email, role) select 'person-' || n || '@example.com', 'requester' from generate_series(1, ${sown.people}) as n;
insert into tickets (subject, status, is_open, priority, priority_rank, requester_id, assignee_id, tags, channel, created_at, updated_at, last_message_at, last_message_preview)
  select 'Printer ' || n || ' on fire', status, status = 'open', priority, rank, ${AGENTS} + person, agent, '{printer}', 'api', at, at, at, ${preview} from (${ticketsLike(sown)}) as t;
insert into messages (ticket_id, author_id, visibility, channel, body, created_at)
  select n, ${AGENTS} + person, 'public', 'api', ${body}, at from (${ticketsLike(sown)}) as t, generate_series(1, 3 + more) as m order by n, m;
insert into mail_references select 'sown-' || n || '@mail.example.com', n from generate_series(1, ${sown.tickets}) as n;
insert into searched select id, to_tsvector('simple', body) from messages;
select gin_clean_pending_list('searched_words_idx');
insert into audit (type, at, ticket_id, actor_id, content) select 'ticket.opened', at, n, 1, jsonb_build_object('messageId', n) from (${ticketsLike(sown)}) as t;
analyze people, tickets, messages, mail_references, searched, audit`,
  )

const preview = `left(repeat('The printer on the second floor is on fire again. ', 3), 140)`
const body = `'Message ' || n || ' of case' || n / ${SAME_WORD} || '. ' || repeat('The printer on the second floor is on fire again. ', 4 + (n + m) % 16)`

/** How Kontor's ids of sown rows look: as many digits as its own have characters. */
export const sownId = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(26, '0')}`
const id = (prefix: string, n: string) => `'${prefix}_' || lpad((${n})::text, 26, '0')`

/** The same in Kontor's tables, which it has made already. */
export const sowKontor = (url: string, sown: Sown): Promise<void> =>
  execute(url, [...kontorPeople(sown), ...kontorTickets(sown), ANALYSE].join(';\n'))

// not the journal: Postgres would take it for empty for ever, where of a table that was never looked at it knows nothing
const ANALYSE =
  'analyze people, person_emails, tickets, messages, search_texts, events, mail_references, correspondents, feed'

const kontorPeople = ({ people }: Sown): string[] => [
  `insert into people (id, email, emails, role, acts_as, support_team, version, created_at, updated_at)
    select ${id('per', 'n')}, 'agent-' || n || '@example.com', array['agent-' || n || '@example.com'], 'agent', 'agent', true, 1, now(), now() from generate_series(1, ${AGENTS}) as n`,
  `insert into people (id, email, emails, role, acts_as, support_team, version, created_at, updated_at)
    select ${id('per', `${AGENTS} + n`)}, 'person-' || n || '@example.com', array['person-' || n || '@example.com'], 'requester', 'requester', false, 1, now(), now() from generate_series(1, ${people}) as n`,
  `insert into person_emails (address, person_id, created_at) select email, id, now() from people where email like '%@example.com'`,
]

const kontorTickets = (sown: Sown): string[] => [
  `insert into tickets (id, number, subject, type, status, status_category, priority, priority_rank, requester_id, assignee_id, tags, fields, channel, created_at, updated_at,
      last_message_at, last_requester_activity_at, last_activity_by, last_message_preview, needs_reaction, version, public_version, public_updated_at, customer_conversation_id, internal_conversation_id)
    select ${id('tkt', 'n')}, n, 'Printer ' || n || ' on fire', 'ticket', status, status, priority, rank, ${id('per', `${AGENTS} + person`)}, ${id('per', 'agent')}, '{printer}', '{}', 'api', at, at,
      at, at, ${id('per', `${AGENTS} + person`)}, ${preview}, true, 1, 1, at, ${id('cnv', '2 * n')}, ${id('cnv', '2 * n + 1')} from (${ticketsLike(sown)}) as t`,
  `select setval('ticket_number', ${sown.tickets})`,
  `insert into messages (id, ticket_id, conversation_id, author_id, visibility, channel, body_text, visible_text, attachments, held, created_at)
    select ${id('msg', '10 * n + m')}, ${id('tkt', 'n')}, ${id('cnv', '2 * n')}, ${id('per', `${AGENTS} + person`)}, 'public', 'api', ${body}, ${body}, '[]', false, at
    from (${ticketsLike(sown)}) as t, generate_series(1, 3 + more) as m order by n, m`,
  // as the worker makes them after the commit
  `insert into search_texts (message_id, ticket_id, public, words)
    select m.id, m.ticket_id, true, setweight(to_tsvector('simple', t.subject), 'A') || setweight(to_tsvector('simple', p.email), 'B') || to_tsvector('simple', m.visible_text)
    from messages as m join tickets as t on t.id = m.ticket_id join people as p on p.id = t.requester_id`,
  'truncate search_pending',
  `select gin_clean_pending_list('search_texts_words')`,
  `insert into events (id, type, at, actor_kind, actor_id, channel, ticket_id, object_type, object_id, object_version, changes, data, facts)
    select ${id('evt', 'n')}, 'ticket.opened', at, 'system', 'kontor', 'api', ${id('tkt', 'n')}, 'ticket', ${id('tkt', 'n')}, 1, '{}', jsonb_build_object('messageId', ${id('msg', '10 * n + 1')}), '{}' from (${ticketsLike(sown)}) as t`,
  `insert into mail_references (message_id, ticket_id, created_at) select 'sown-' || n || '@mail.example.com', ${id('tkt', 'n')}, now() from generate_series(1, ${sown.tickets}) as n`,
  `insert into correspondents (ticket_id, address, created_at) select ${id('tkt', 'n')}, 'person-' || 1 + n % ${sown.people} || '@example.com', now() from generate_series(1, ${sown.tickets}) as n`,
  `insert into feed (sequence, event_id) select row_number() over (order by id), id from events`,
]
