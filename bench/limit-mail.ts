import { once } from 'node:events'
import { type ParsedMail, simpleParser } from 'mailparser'
import type { Pool } from 'pg'
import { SMTPServer } from 'smtp-server'
import { PREVIEW_LENGTH } from './limit-acts.ts'

const PERSON = `
asked as (select id from people where email = $1),
made as (
  insert into people (email, role) select $1, 'requester' where not exists (select from asked)
  on conflict (email) do update set email = excluded.email returning id
),
who as (select id from asked union all select id from made)`

/** A new ticket, or an answer to the one that a reference names: one statement either way. */
const FILE = `
with ${PERSON},
known as (select ticket_id from mail_references where message_id = any($4::text[]) limit 1),
opened as (
  insert into tickets (subject, status, is_open, priority, priority_rank, requester_id, tags, channel, last_message_preview)
  select $2, 'open', true, 'normal', 2, id, '{}', 'email', left($3, ${PREVIEW_LENGTH}) from who where not exists (select from known) returning id
),
moved as (
  update tickets set updated_at = now(), last_message_at = now(), last_message_preview = left($3, ${PREVIEW_LENGTH})
  where id = (select ticket_id from known) returning id
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

/** What smtp-server and mailparser can do: the mail is parsed and its rows are committed before the 250. No journal, no raw message. */
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
  const values = [addressOf(mail), mail.subject ?? '', mail.text ?? '', [mail.inReplyTo ?? ''], mail.messageId ?? '']
  await pool.query({ name: 'file', text: FILE, values })
}

const addressOf = ({ from }: ParsedMail): string => from?.value[0]?.address ?? 'unknown@sender.invalid'
