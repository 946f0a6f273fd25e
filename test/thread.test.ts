import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../src/config.ts'
import { startProcess } from '../src/process.ts'
import { makeDatabase, onPostgres } from './support/database.ts'
import { deliver, startSink } from './support/smtp.ts'

// The whole way over the network: real SMTP in, REST and GraphQL over HTTP, real SMTP out, and back in.

const dataDir = mkdtempSync(join(tmpdir(), 'kontor-thread-'))
const database = onPostgres ? await makeDatabase() : undefined
const sink = await startSink()
const key = 'a-bootstrap-key-of-the-thread-test-0123456789'
const config = readConfig({
  PORT: '0',
  SMTP_PORT: '0',
  DATA_DIR: dataDir,
  BOOTSTRAP_API_KEY: key,
  LOG_LEVEL: 'silent',
  SMTP_RELAY_URL: `smtp://127.0.0.1:${sink.port}`,
  ...(database ? { DATABASE_URL: database.url } : {}),
})
const service = await startProcess(config)
t.teardown(async () => {
  await service.stop()
  await sink.close()
  await database?.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

const base = `http://127.0.0.1:${service.httpPort}`
const smtp = { port: service.smtpPort ?? 0 }

async function rest(method: string, path: string, body?: unknown, as = key) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${as}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: text ? JSON.parse(text) : undefined }
}

/** Waits until every accepted mail is filed. */
async function filed(count: number) {
  for (let tries = 0; tries < 400; tries++) {
    const { body } = await rest('GET', '/v1/mail/inbound?limit=100')
    const done = body.data.filter(({ state }: { state: string }) => state !== 'pending')
    if (done.length >= count) return body.data
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`${count} mails were not filed in 10 s`)
}

const mail = (headers: string[], body: string) =>
  [...headers, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', '', body, ''].join('\r\n')

t.test('a mail becomes a ticket, is answered by mail, and the answer to that comes back to the ticket', async (t) => {
  const first = mail(
    [
      'From: Ruth Ruby <ruth@example.com>',
      'To: support@kontor.localhost',
      'Subject: Kein Papier',
      'Message-ID: <first@example.com>',
      'Date: Sun, 22 Nov 2026 10:00:00 +0000',
    ],
    'Der Drucker ist leer. Grüße',
  )
  const accepted = await deliver({
    ...smtp,
    mailFrom: 'ruth@example.com',
    rcptTo: ['support@kontor.localhost'],
    raw: first,
  })
  t.match(accepted, { code: 250, text: /inm_/ })

  const [journal] = await filed(1)
  t.match(journal, { verdict: 'ticket_created', outcome: { ticketNumber: Number, autorespond: true } })
  const { body: listed } = await rest('GET', '/v1/tickets?status=open&assigneeId=none')
  t.match(listed.data, [{ id: journal.ticketId, subject: 'Kein Papier', channel: 'email' }])
  const { body: ticket } = await rest('GET', `/v1/tickets/${journal.ticketId}?include=messages,requester`)
  t.match(ticket, {
    requester: { email: 'ruth@example.com', name: 'Ruth Ruby' },
    messages: [{ bodyText: /leer. Grüße/, channel: 'email', verified: false }],
  })
  const { body: graph } = await rest('POST', '/graphql', {
    query: `{ ticket(id: "${ticket.number}") { id subject channel requester { email name } messages { id bodyText channel verified } } }`,
  })
  const { id, subject, channel, requester, messages } = ticket
  t.same(graph.data.ticket, {
    id,
    subject,
    channel,
    requester: { email: requester.email, name: requester.name },
    messages: messages.map((message: Record<string, unknown>) => ({
      id: message.id,
      bodyText: message.bodyText,
      channel: message.channel,
      verified: message.verified,
    })),
  })

  t.equal((await rest('POST', `/v1/tickets/${id}/claim`)).status, 200)
  t.equal((await rest('POST', `/v1/tickets/${id}/notes`, { body: 'CANARY-NOTE she is in accounting' })).status, 201)
  t.equal((await rest('POST', `/v1/tickets/${id}/replies`, { body: 'Bitte Fach 2 füllen.' })).status, 201)
  const mails = await sink.received(2)
  const acknowledged = mails.find((one) => one.header('auto-submitted') === 'auto-replied')
  t.same(acknowledged?.envelope, { mailFrom: '', rcptTo: ['ruth@example.com'] })
  t.match(acknowledged?.header('in-reply-to'), '<first@example.com>')
  t.notMatch(acknowledged?.raw.toString(), /Papier|leer/, 'the acknowledgement holds no word of hers')
  const sent = mails.find((one) => one !== acknowledged)
  t.same(sent?.envelope.rcptTo, ['ruth@example.com'])
  const header = (name: string) => sent?.header(name) ?? ''
  t.match(header('in-reply-to'), /<first@example\.com>/)
  t.match(header('references'), /<first@example\.com>/)
  t.match(header('subject'), new RegExp(`#\\[${ticket.number}\\]`))
  t.match(header('reply-to'), /support\+[a-z][0-9a-z]{36}@kontor\.localhost/)
  t.match(header('from'), /support@kontor\.localhost/)
  const [ledger] = (await rest('GET', `/v1/mail/outbound?ticketId=${id}&kind=reply`)).body.data
  t.equal(header('message-id'), `<${ledger.messageId}>`)

  const replyTo = /<([^>]+)>/.exec(header('reply-to'))?.[1] ?? header('reply-to')
  const answer = mail(
    ['From: ruth@example.com', `To: ${replyTo}`, 'Subject: Danke', 'Message-ID: <second@example.com>'],
    'Danke, es geht.',
  )
  t.equal((await deliver({ ...smtp, mailFrom: 'ruth@example.com', rcptTo: [replyTo], raw: answer })).code, 250)
  const byId = mail(
    [
      'From: ruth@example.com',
      'To: support@kontor.localhost',
      'Subject: Nachtrag',
      'Message-ID: <third@example.com>',
      `In-Reply-To: ${header('message-id')}`,
    ],
    'Noch etwas.',
  )
  t.equal(
    (await deliver({ ...smtp, mailFrom: 'ruth@example.com', rcptTo: ['support@kontor.localhost'], raw: byId })).code,
    250,
  )
  const rows = await filed(3)
  for (const row of rows.slice(0, 2)) t.match(row, { verdict: 'message_added', ticketId: id, outcome: { held: false } })

  const after = (await rest('GET', `/v1/tickets/${id}?include=messages`)).body
  t.match(
    after.messages.map(({ visibility, bodyText }: Record<string, string>) => [visibility, bodyText]),
    [
      ['public', /leer/],
      ['internal', /CANARY/],
      ['public', /Fach 2/],
      ['public', /Danke, es geht/],
      ['public', /Noch etwas/],
    ],
  )
  t.match(after, { needsReaction: true, status: 'waiting_on_agent' })

  const { body: minted } = await rest('POST', '/v1/auth/requester-tokens', { personId: ticket.requesterId })
  for (const path of [
    `/v1/tickets/${id}?include=messages`,
    `/v1/tickets/${id}/messages`,
    '/v1/tickets',
    `/v1/tickets/${id}/conversations`,
  ]) {
    const seen = await rest('GET', path, undefined, minted.accessToken)
    t.equal(seen.status, 200, path)
    t.notMatch(seen.text, /CANARY/, path)
  }
  t.notMatch(sink.mails.map(({ raw }) => raw.toString()).join(), /CANARY/, 'no note leaves by mail')
  await sink.received(4)
  t.same(
    sink.mails.slice(2).map(({ envelope }) => envelope.rcptTo),
    [['admin@kontor.localhost'], ['admin@kontor.localhost']],
    'her own mails are not mailed back to her; the assignee hears of them',
  )
})

t.test(
  'a mail that cannot be sent now is deferred with what the relay said, and one that is refused for good has failed',
  async (t) => {
    const { body: ticket } = await rest('POST', '/v1/tickets', {
      subject: 'Later',
      body: 'x',
      requester: { email: 'later@example.com' },
    })
    await sink.received(5)
    t.match(sink.mails[4]?.header('auto-submitted'), /auto-/, 'the acknowledgement')
    const states: string[] = []
    for (const [code, text] of [
      [451, '4.7.1 Come back'],
      [550, '5.1.1 Nobody'],
    ] as const) {
      sink.answer({ at: 'data', code, text })
      await rest('POST', `/v1/tickets/${ticket.id}/replies`, { body: 'Hello' })
      for (let tries = 0; tries < 400; tries++) {
        const [row] = (await rest('GET', `/v1/mail/outbound?ticketId=${ticket.id}&kind=reply&limit=1`)).body.data
        if (row.state === 'queued') {
          await new Promise((resolve) => setTimeout(resolve, 25))
          continue
        }
        states.push(row.state)
        t.match(row.smtpResponse, code === 451 ? /4\.7\.1/ : /5\.1\.1/)
        break
      }
    }
    t.same(states, ['deferred', 'failed'])
  },
)

const shared = join(import.meta.dirname, '../../shared/mail/dev')

interface Sample {
  file: string
  mbox_from_line?: boolean
  expect: { kind?: string; from?: string; subject?: string; text_contains?: string | string[] }
}

t.test(
  'real mails become tickets that read the same by REST and by GraphQL',
  { skip: existsSync(shared) ? false : 'they lie beside the repository only' },
  async (t) => {
    const manifest: Sample[] = JSON.parse(readFileSync(join(shared, 'manifest.json'), 'utf8'))
    const samples = manifest.filter(
      ({ expect, mbox_from_line }) =>
        expect.kind === 'new_ticket' && expect.from && expect.text_contains && !mbox_from_line,
    )
    const chosen = samples.filter((_, n) => n % Math.ceil(samples.length / 12) === 0)
    const before = (await rest('GET', '/v1/mail/inbound?limit=100')).body.data.length
    for (const { file } of chosen) {
      const raw = readFileSync(join(shared, file), 'latin1').replace(/\r\n|\n|\r/g, '\r\n')
      t.equal(
        (
          await deliver({
            ...smtp,
            mailFrom: 'relay@example.net',
            rcptTo: ['support@kontor.localhost'],
            raw: Buffer.from(raw, 'latin1'),
          })
        ).code,
        250,
        file,
      )
    }
    const rows = (await filed(before + chosen.length)).slice(0, chosen.length).reverse()
    for (const [n, { expect, file }] of chosen.entries()) {
      if (rows[n].verdict !== 'ticket_created') continue
      const { body } = await rest('GET', `/v1/tickets/${rows[n].ticketId}?include=messages,requester`)
      t.equal(body.requester.email.toLowerCase(), expect.from?.toLowerCase(), file)
      const graph = await rest('POST', '/graphql', {
        query: `{ ticket(id: "${body.id}") { subject requester { email } messages { bodyText bodyHtml visibleText attachments { filename size } } } }`,
      })
      const { subject, requester, messages } = graph.body.data.ticket
      t.same({ subject, email: requester.email }, { subject: body.subject, email: body.requester.email }, file)
      for (const [m, message] of messages.entries()) {
        const { bodyText, bodyHtml, visibleText, attachments } = body.messages[m]
        const files = attachments.map(({ filename, size }: { filename: string; size: number }) => ({ filename, size }))
        // links to its images end at different moments
        const unsigned = (html: string | null) => html?.replace(/expires=[^"]+/g, '') ?? null
        t.same(
          { ...message, bodyHtml: unsigned(message.bodyHtml) },
          { bodyText, bodyHtml: unsigned(bodyHtml), visibleText, attachments: files },
          file,
        )
      }
    }
    t.ok(rows.filter(({ verdict }: { verdict: string }) => verdict === 'ticket_created').length > chosen.length / 2)
  },
)
