import { hash } from 'node:crypto'
import { once } from 'node:events'
import { type ParsedMail, simpleParser } from 'mailparser'
import type { Pool } from 'pg'
import { SMTPServer } from 'smtp-server'
import { PREVIEW_LENGTH } from './limit-acts.ts'

const PERSON = `
asked as (select id from people where email = $1),
made as (
  insert into people (email, role) select $1, 'requester' where exists (select from kept) and not exists (select from asked)
  on conflict (email) do update set email = excluded.email returning id
),
who as (select id from asked where exists (select from kept) union all select id from made)`

/** The raw mail, and a new ticket or an answer to the one that a reference names: one statement. A mail that came before changes nothing. */
const FILE = `
with kept as (
  insert into mails (identity, sender, size, raw) values ($6, $1, length($7::bytea), $7) on conflict (identity) do nothing returning id
),
${PERSON},
known as (select ticket_id from mail_references where message_id = any($4::text[]) limit 1),
opened as (
  insert into tickets (subject, status, is_open, priority, priority_rank, requester_id, tags, channel, last_message_preview)
  select $2, 'open', true, 'normal', 2, id, '{}', 'email', left($3, ${PREVIEW_LENGTH}) from who where not exists (select from known) returning id
),
moved as (
  update tickets set updated_at = now(), last_message_at = now(), last_message_preview = left($3, ${PREVIEW_LENGTH})
  where id = (select ticket_id from known) and exists (select from kept) returning id
),
ticket as (select id, 'ticket.opened' as event from opened union all select id, 'ticket.replied' from moved),
written as (
  insert into messages (ticket_id, author_id, visibility, channel, body) select ticket.id, who.id, 'public', 'email', $3 from ticket, who returning id
),
referred as (
  insert into mail_references (message_id, ticket_id) select $5, id from ticket on conflict do nothing
)
insert into audit (type, ticket_id, actor_id, content)
select ticket.event, ticket.id, who.id, jsonb_build_object('messageId', written.id) from ticket, who, written`

/** What smtp-server and mailparser can do: the mail is parsed, and it and its rows are committed, before the 250. */
export async function takeMail(pool: Pool, port: number): Promise<() => Promise<void>> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, _session, reply) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () =>
        file(pool, Buffer.concat(chunks)).then(
          () => reply(null, 'taken'),
          (error: Error) => reply(error),
        ),
      )
    },
  })
  server.on('error', () => {})
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return () => new Promise((resolve) => server.close(resolve))
}

async function file(pool: Pool, raw: Buffer): Promise<void> {
  const mail = await simpleParser(raw, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  })
  const { subject = '', text = '', inReplyTo = '', messageId = '' } = mail
  const identity = hash('sha256', raw)
  const values = [addressOf(mail), subject, text, [inReplyTo], messageId, identity, raw]
  await pool.query({ name: 'file', text: FILE, values })
}

const addressOf = ({ from }: ParsedMail): string => from?.value[0]?.address ?? 'unknown@sender.invalid'
