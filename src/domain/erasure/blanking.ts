import { type SQL, sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { removeBlobs } from './blobs.ts'
import { theirs, type Walked, type Whose } from './places.ts'

/** Rows that one step looks at: few enough to hold nobody up. */
const WINDOW = 500

/** What a row says once it is blanked. */
const blank: Record<Walked, SQL> = {
  messages: sql`body_text = '', body_html = null, visible_text = '', quoted_text = null, attachments = '[]', in_reply_to = null`,
  // without `identity` the same mail would be filed anew; it is a hash
  inbound_mails: sql`mail_from = '', peer = '', outcome = null, header_message_id = null, sha256 = '', size = 0`,
  outbound_mails: sql`"to" = '', to_name = null, subject = '', body_text = null, body_html = null, smtp_response = null, trail = '[]',
    state = case when b.state in ('queued', 'deferred', 'unrouted') then 'suppressed' else b.state end, next_attempt_at = null`,
  events: sql`object_id = case when b.object_type = 'suppressedAddress' then '' else b.object_id end, facts = '{}', changes = '{}', data = '{}'`,
}

/** What was there and is needed to find what hangs on it. */
const former: Record<Walked, SQL> = {
  messages: sql`null::text`,
  inbound_mails: sql`theirs.sha256`,
  outbound_mails: sql`null::text`,
  events: sql`null::text`,
}

interface Blanked {
  last: string | null
  looked: number
  ids: string[]
  sha256: string[]
}

const blanking = (table: Walked) => {
  const name = sql.raw(table)
  return prepareSql<Whose & { after: string }, Blanked>()(
    (
      $,
    ) => sql`with looked as (select id from ${name} where id > ${$.after} order by id limit ${sql.raw(String(WINDOW))}),
        theirs as (select r.* from ${name} r join looked using (id) where ${theirs[table]($)}),
        blanked as (update ${name} b set ${blank[table]} from theirs where b.id = theirs.id returning b.id, ${former[table]} as sha256)
      select (select max(id) from looked) as last, (select count(*)::int from looked) as looked,
        array(select id from blanked) as ids, array(select sha256 from blanked where sha256 is not null) as sha256`,
  )
}
const statements: Record<Walked, ReturnType<typeof blanking>> = {
  messages: blanking('messages'),
  inbound_mails: blanking('inbound_mails'),
  outbound_mails: blanking('outbound_mails'),
  events: blanking('events'),
}

const filesOf = prepareSql<{ messageIds: string[] }, { sha256: string }>()(
  ($) => sql`delete from attachments where message_id = any(${$.messageIds}::text[]) returning sha256`,
)
const unindex = prepareSql<{ messageIds: string[] }, never>()(
  ($) => sql`delete from search_texts where message_id = any(${$.messageIds}::text[])`,
)

const unpreview = prepareSql<{ messageIds: string[] }, never>()(
  (
    $,
  ) => sql`update tickets t set last_message_preview = null where t.id in (select ticket_id from messages where id = any(${$.messageIds}::text[]))
    and (select m.id from messages m where m.ticket_id = t.id and m.visibility = 'public' order by m.id desc limit 1) = any(${$.messageIds}::text[])`,
)

/** Blanks what is theirs among the next rows of a table, with its files and its words in the index. */
export async function blankNext(context: CommandContext, table: Walked, after: string, whose: Whose) {
  const { query } = context
  const [row] = (await query(statements[table].bind({ ...whose, after }))).rows
  const { last = null, looked = 0, ids = [], sha256 = [] } = row ?? {}
  if (table === 'messages' && ids.length) {
    await query(unindex.bind({ messageIds: ids }))
    await query(unpreview.bind({ messageIds: ids }))
    const files = await query(filesOf.bind({ messageIds: ids }))
    sha256.push(...files.rows.map((file) => file.sha256))
  }
  await removeBlobs(context, sha256)
  return { last, looked, blanked: ids.length }
}
