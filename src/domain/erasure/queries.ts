import { type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { isAdmin, isStaff } from '../../kernel/actor.ts'
import { readBlob } from '../../kernel/blobs.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { findPerson } from '../people/store.ts'
import { type Names, theirs, type Walked, type Whose, walked } from './places.ts'
import { ExportPerson } from './schema.ts'
import { whoseIs } from './store.ts'

/** One thing that is kept about a person. */
export interface Kept {
  kind: string
  data: Record<string, unknown>
}

/** Rows that one statement looks at. */
const WINDOW = 500
/** Files up to this size stand in the export themselves; of larger ones their address. */
const INLINE_BYTES_MAX = 1_048_576

/**
 * Everything that is kept about a person, piece by piece: for admins, and for everybody of themselves. To themselves nothing is told
 * that is for those who work here: notes, held messages, and what rules and agents did.
 */
export const personExport = defineQuery({
  name: 'personExport',
  group: 'people',
  input: ExportPerson,
  refuse(actor, { personId }) {
    if (isAdmin(actor) || actor.id === personId) return
    return isStaff(actor) ? 'forbidden' : 'person_not_found'
  },

  async read({ db, actor }, { personId }): Promise<AsyncGenerator<Kept>> {
    const person = await findPerson(db, personId)
    if (!person) throw new Problem('person_not_found')
    return everything(db, await whoseIs(db, person.id), isAdmin(actor))
  },
})

type Shown = Record<Walked, { columns: SQL; condition($: Names): SQL } | undefined>

async function* everything(db: Connection, whose: Whose, isFull: boolean): AsyncGenerator<Kept> {
  for (const { kind, statement, forStaff } of pieces)
    if (isFull || !forStaff)
      for (const { row } of (await db.query(statement.bind(whose))).rows) yield { kind, data: row }
  yield* filesIn((await db.query(unused.bind({ ids: whose.ids }))).rows, db)
  for (const table of walked) yield* rowsOf(db, table, whose, isFull)
}

interface Row {
  row: Record<string, unknown>
}

const are = ($: Names) => sql`any(${$.ids}::text[])`
const theirTickets = ($: Names) => sql`(select t.id from tickets t where t.requester_id = ${are($)})`
const byPerson = ($: Names) => sql`person_id = ${are($)}`
const byAddress = ($: Names) => sql`address = any(${$.addresses}::text[])`
const onTickets = ($: Names) => sql`ticket_id in ${theirTickets($)}`

/** What is found by an index or is short. Without hashes: they say nothing of anybody. */
function piece(kind: string, from: string, condition: ($: Names) => SQL, forStaff = false) {
  const statement = prepareSql<Whose, Row>()(
    ($) => sql`select to_jsonb(r) as row from (select ${sql.raw(from)} where ${condition($)} order by 1) r`,
  )
  return { kind, forStaff, statement }
}

// fields that are not for requesters are left out
const OWN_TICKET = `id, number, subject, type, status, priority, channel, created_at, updated_at, solved_at, closed_at,
  (select jsonb_object_agg(f.key, f.value) from jsonb_each(fields) f join custom_fields c on c.key = f.key and c.visibility <> 'agents') as fields from tickets`

const OWN_CONTRACT =
  'id, name, unit, period, starts_on, ends_on, allowance, balance, created_at, ended_at from contracts'
const ofContracts = ($: Names) => sql`contract_id in (select c.id from contracts c where c.requester_id = ${are($)})`

const pieces = [
  piece('person', '* from people', ($) => sql`id = ${are($)}`),
  piece('address', 'address, verified_at, created_at from person_emails', byPerson),
  piece('ticket', OWN_TICKET, ($) => sql`requester_id = ${are($)}`),
  piece('ticket_details', '* from tickets', ($) => sql`requester_id = ${are($)}`, true),
  piece('follower', 'ticket_id, source, created_at from ticket_followers', byPerson),
  piece('conversation_participant', 'conversation_id, created_at from conversation_participants', byPerson),
  piece('conversation', '* from conversations', onTickets, true),
  piece('notification', '* from notifications', byPerson),
  piece('read', '* from ticket_reads', byPerson),
  piece('session', 'id, created_at, last_used_at, expires_at, ended_at, ended_by from sessions', byPerson),
  piece('api_key', 'id, name, prefix, scopes, created_at, last_used_at, revoked_at from api_keys', byPerson),
  piece('team', '* from team_members', byPerson),
  piece('workload', '* from workloads', byPerson),
  piece('absence', '* from absences', byPerson),
  piece('view', '* from views', ($) => sql`owner = 'person' and owner_id = ${are($)}`),
  piece('timesheet', '* from timesheets', byPerson),
  piece('time_entry', '* from time_entries', byPerson),
  piece('time_entry_on_ticket', '* from time_entries', onTickets, true),
  piece('contract', OWN_CONTRACT, ($) => sql`requester_id = ${are($)}`),
  piece('contract_details', '* from contracts', ($) => sql`requester_id = ${are($)}`, true),
  piece('contract_posting', '* from contract_ledger', ofContracts, true),
  piece('rule_run', '* from rule_runs', onTickets, true),
  piece('mail_reference', '* from mail_references', onTickets, true),
  piece('correspondent', '* from correspondents', ($) => sql`${byAddress($)} or ${onTickets($)}`, true),
  piece('reply_address', 'ticket_id, address, created_at from reply_addresses', byAddress, true),
  piece('suppressed_address', '* from suppressed_addresses', byAddress, true),
]

const all = sql`to_jsonb(r)`
const full: Shown = {
  messages: { columns: all, condition: theirs.messages },
  inbound_mails: { columns: all, condition: theirs.inbound_mails },
  outbound_mails: { columns: all, condition: theirs.outbound_mails },
  events: { columns: all, condition: theirs.events },
}
/** What somebody is told of themselves: how the desk works inside is no part of it. */
const own: Shown = {
  messages: {
    columns: all,
    condition: ($) => sql`${theirs.messages($)} and r.visibility = 'public' and not r.held`,
  },
  inbound_mails: {
    columns: sql`jsonb_build_object('id', r.id, 'received_at', r.received_at, 'mail_from', r.mail_from, 'sha256', r.sha256, 'size', r.size)`,
    condition: ($) =>
      sql`exists (select from messages m where m.id = r.message_id and m.author_id = ${are($)} and m.visibility = 'public' and not m.held)`,
  },
  outbound_mails: {
    columns: sql`to_jsonb(r) - array['trail', 'reason', 'worker_id', 'event_id', 'smtp_response']`,
    condition: ($) =>
      sql`(r.person_id = ${are($)} or r."to" = any(${$.addresses}::text[])) and r.kind not in ('notification', 'digest')`,
  },
  events: undefined,
}

type Window = { last: string | null; rows: Record<string, unknown>[] }

const statementsOf = (shown: Shown) =>
  new Map(
    walked.flatMap((table) => {
      const found = shown[table]
      if (!found) return []
      const name = sql.raw(table)
      const statement = prepareSql<Whose & { after: string }, Window>()(
        (
          $,
        ) => sql`with looked as (select id from ${name} where id > ${$.after} order by id limit ${sql.raw(String(WINDOW))})
          select (select max(id) from looked) as last, (select coalesce(jsonb_agg(${found.columns} order by r.id), '[]')
            from ${name} r join looked using (id) where ${found.condition($)}) as rows`,
      )
      return [[table, statement] as const]
    }),
  )
const fullStatements = statementsOf(full)
const ownStatements = statementsOf(own)

/** A table from end to end, so many rows at a time; files stand behind what they belong to. */
async function* rowsOf(db: Connection, table: Walked, whose: Whose, isFull: boolean): AsyncGenerator<Kept> {
  const statement = (isFull ? fullStatements : ownStatements).get(table)
  for (let after: string | null = ''; statement && after !== null; ) {
    const [found]: Window[] = (await db.query(statement.bind({ ...whose, after }))).rows
    for (const row of found?.rows ?? []) {
      yield { kind: KINDS[table], data: row }
      const id = String(row.id)
      if (table === 'messages') yield* filesIn((await db.query(attached.bind({ messageId: id }))).rows, db)
      if (table === 'inbound_mails') {
        const raw = await fileOf(db, String(row.sha256), Number(row.size), `/v1/mail/inbound/${id}/raw`)
        yield { kind: 'raw_mail', data: { inboundMailId: id, ...raw } }
      }
    }
    after = found?.last ?? null
  }
}

const KINDS: Record<Walked, string> = {
  messages: 'message',
  inbound_mails: 'inbound_mail',
  outbound_mails: 'outbound_mail',
  events: 'event',
}

interface File extends Row {
  id: string
  sha256: string
  size: number
}

const attached = prepareSql<{ messageId: string }, File>()(
  ($) =>
    sql`select id, sha256, size, to_jsonb(a) as row from attachments a where message_id = ${$.messageId} order by id`,
)
const unused = prepareSql<{ ids: string[] }, File>()(
  ($) =>
    sql`select id, sha256, size, to_jsonb(a) as row from attachments a where uploaded_by_id = any(${$.ids}::text[]) and message_id is null order by id`,
)

async function* filesIn(files: readonly File[], db: Connection): AsyncGenerator<Kept> {
  for (const { id, sha256, size, row } of files)
    yield {
      kind: 'attachment',
      data: { ...row, ...(await fileOf(db, sha256, Number(size), `/v1/attachments/${id}/content`)) },
    }
}

async function fileOf(db: Connection, sha256: string, size: number, url: string) {
  if (size > INLINE_BYTES_MAX) return { size, url }
  const parts: Uint8Array[] = []
  for await (const chunk of readBlob(db, sha256)) parts.push(chunk)
  return { size, contentBase64: Buffer.concat(parts).toString('base64') }
}
