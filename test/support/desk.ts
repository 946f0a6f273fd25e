import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Db } from '../../src/db/client.ts'
import { makeFirstDesk } from '../../src/domain/access/first-desk.ts'
import { journalMail } from '../../src/domain/inbound/journal-mail.ts'
import { newReplyKey, replyAddress } from '../../src/domain/outbound/addresses.ts'
import { SYSTEM } from '../../src/kernel/actor.ts'
import type { Session } from '../../src/kernel/desk.ts'
import { newId } from '../../src/kernel/ids.ts'
import { createReceiver } from '../../src/mail/in/receive.ts'
import { recordMetrics } from '../../src/metrics.ts'
import { openTestDatabase } from './database.ts'

export interface Answer {
  status: number
  // what an answer holds is what a test asserts
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any form
  body: any
  headers: Record<string, string | string[] | number | undefined>
  text: string
}

export interface Calling {
  key?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface TestDesk {
  app: App
  db: Db
  /** The first admin's key. */
  key: string
  /** The desk itself. */
  system: Session
  /** A REST call, by the admin where nobody is named. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, calling?: Calling): Promise<Answer>
  /** A GraphQL call. */
  graphql(query: string, variables?: Record<string, unknown>, calling?: Calling): Promise<Answer>
  /** A new person with a key, or with a token where they are a client. */
  person(role: string, email?: string): Promise<{ id: string; email: string; key: string }>
  // biome-ignore lint/suspicious/noExplicitAny: the ticket as answered
  openTicket(members?: Record<string, unknown>, key?: string): Promise<any>
  /** Hands in a raw mail as the listener does, or journals it for a job, and has it filed. Answers the journal row. */
  // biome-ignore lint/suspicious/noExplicitAny: the row as answered
  receive(raw: string, envelope?: { mailFrom?: string; rcptTo?: string; peer?: string; byJob?: boolean }): Promise<any>
  /** Switches the shipped rules off, where what a reply does to a status is not the matter. */
  withoutRules(): Promise<void>
  /** The signed address by which this correspondent answers on a ticket, as it stands in mail to them. */
  replyAddress(ticketId: string, address: string): Promise<string>
  /** From now on jobs stay in the outbox, where a test looks at them: else the relay takes them away milliseconds after a commit. */
  keepJobs(): Promise<void>
  /** How many rows each table has: for showing that nothing was written. */
  rows(): Promise<Record<string, number>>
}

/** A desk for one test file: a database of its own, everything but listening. Closed when the file ends. */
export async function startDesk(
  t: Test,
  env: Record<string, string> = {},
  clock = () => new Date(),
): Promise<TestDesk> {
  const { db, url, close } = await openTestDatabase()
  const desk = await makeDesk({ db, url, env, clock })
  t.teardown(async () => {
    await desk.app.close()
    await close()
  })
  return desk
}

interface DeskParts {
  /** Migrated, and empty. */
  db: Db
  /** Its address where it is a server's. */
  url?: string | undefined
  env?: Record<string, string>
  clock?: () => Date
}

/** The same on a database that is there; who made it closes both. */
export async function makeDesk({ db, url, env = {}, clock = () => new Date() }: DeskParts): Promise<TestDesk> {
  const config = readConfig({ ...(url ? { DATABASE_URL: url } : {}), LOG_LEVEL: 'silent', ...env })
  const key = await makeFirstDesk(
    db,
    () => new Date(),
    config,
    () => {},
  )
  if (!key) throw new Error('the desk was not empty')
  const log = pino({ level: config.logLevel })
  const app = await createApp({ config, db, clock, log, metrics: recordMetrics(db), version: 'test' })
  return deskOf(app, db, key)
}

function deskOf(app: App, db: Db, key: string): TestDesk {
  const system = app.desk.as(SYSTEM, { channel: 'email' })
  const receiver = createReceiver({ desk: system, parser: app.parser, spool: app.spool, workerId: newId('job') })
  const call: TestDesk['call'] = async (method, path, calling = {}) => {
    const { key: as = key, body, headers = {} } = calling
    const response = await app.http.inject({
      method,
      url: path,
      headers: {
        authorization: `Bearer ${as}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    })
    const isJson = /[/+]json/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      body: isJson && response.body ? response.json() : undefined,
      headers: response.headers,
      text: response.body,
    }
  }
  const person: TestDesk['person'] = async (role, email = `${role}-${randomBytes(4).toString('hex')}@example.com`) => {
    const { body } = await call('POST', '/v1/people', { body: { email, role, name: `Some ${role}` } })
    const isClient = (await call('GET', `/v1/roles/${role}`)).body.kind === 'client'
    const credential = isClient
      ? (await call('POST', '/v1/auth/requester-tokens', { body: { personId: body.id } })).body.accessToken
      : (await call('POST', '/v1/api-keys', { body: { name: role, personId: body.id } })).body.key
    return { id: body.id, email, key: credential }
  }
  return {
    app,
    db,
    key,
    system,
    call,
    person,
    graphql: (query, variables = {}, calling = {}) =>
      call('POST', '/graphql', { ...calling, body: { query, variables } }),
    openTicket: async (members = {}, as = key) => {
      const requester =
        members.requesterId || as !== key ? {} : { requester: { email: 'ruth@example.com', name: 'Ruth' } }
      const { status, body } = await call('POST', '/v1/tickets', {
        key: as,
        body: { subject: 'Printer on fire', body: 'It burns.', ...requester, ...members },
      })
      if (status !== 201) throw new Error(JSON.stringify(body))
      return body
    },
    receive: async (raw, { mailFrom = '', rcptTo = 'support@kontor.localhost', peer = '127.0.0.1', byJob } = {}) => {
      const bytes = Buffer.from(raw.replace(/\r?\n/g, '\r\n'))
      const mail = { mailFrom, rcptTo: [rcptTo], peer, size: bytes.length, content: { bytes } }
      const { ids } = await (byJob ? system.execute(journalMail, mail) : receiver.accept(mail))
      const inboundMailId = ids[0] ?? ''
      await receiver.receive({ inboundMailId })
      return (await call('GET', `/v1/mail/inbound/${inboundMailId}`)).body
    },
    keepJobs: () => app.relay.stop(),
    withoutRules: async () => {
      const { data } = (await call('GET', '/v1/rules')).body
      for (const { key } of data) await call('PATCH', `/v1/rules/${key}`, { body: { enabled: false } })
    },
    replyAddress: async (ticketId, address) => {
      const { rows } = await db.query<{ replyKey: string }>({
        text: `insert into reply_addresses (reply_key, ticket_id, address, created_at) values ($1, $2, $3, now())
          on conflict (ticket_id, address, coalesce(conversation_id, '')) do update set created_at = excluded.created_at returning reply_key as "replyKey"`,
        values: [newReplyKey(), ticketId, address],
      })
      return replyAddress(app.secrets, 'support@kontor.localhost', rows[0]?.replyKey ?? '', 'kontor.localhost')
    },
    rows: () => countRows(db),
  }
}

/** Tables that a refused request may touch: none of ours. */
async function countRows(db: Db): Promise<Record<string, number>> {
  const { rows } = await db.query<{ name: string; count: number }>({
    text: `select table_name as name, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from public.%I', table_name), false, true, '')))[1]::text::int as count
      from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ('feed', 'feed_pending', 'outbox') order by 1`,
    values: [],
  })
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
}
