import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { advanceBulkChange } from '../src/domain/bulk/advance-bulk-change.ts'
import { advanceErasure } from '../src/domain/erasure/advance-erasure.ts'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { adoptWork } from '../src/domain/workers/adopt-work.ts'
import { newId } from '../src/kernel/ids.ts'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, keepJobs, person, receive, system } = await startDesk(t, {
  SMTP_RELAY_URL: 'smtp://127.0.0.1:1',
})

/** A word that stands nowhere else, by the place that it is put to. */
const canaries = new Map<string, string>()
function canary(place: string): string {
  const word = `cnry${randomBytes(6).toString('hex')}`
  canaries.set(place, word)
  return word
}

/** Every row of every table as text, bytes as hexadecimal digits. */
async function dump(): Promise<Map<string, string>> {
  const { rows: tables } = await db.query<{ name: string }>({
    text: `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`,
    values: [],
  })
  const all = new Map<string, string>()
  for (const { name } of tables) {
    const { rows } = await db.query<{ text: string }>({
      text: `select coalesce(string_agg(to_jsonb(r)::text || r::text, ' '), '') as text from ${name} as r`,
      values: [],
    })
    all.set(name, (rows[0]?.text ?? '').toLowerCase())
  }
  return all
}

/** A word as it may stand in a table: plain, in bytes, or in the base64 of a mail at any of three places. */
function formsOf(word: string): string[] {
  const hex = (text: string) => Buffer.from(text).toString('hex')
  const encoded = [0, 1, 2].map((at) =>
    Buffer.from(' '.repeat(at) + word)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(4, -2),
  )
  return [word, hex(word), ...encoded.map(hex)]
}

const placesOf = (tables: Map<string, string>, word: string): string[] =>
  [...tables].flatMap(([name, text]) => (formsOf(word).some((form) => text.includes(form)) ? [name] : []))

async function index(): Promise<void> {
  while ((await system.execute(indexTexts, {})).more);
}

/** Works an erasure off step by step, each step twice, as a queue may. */
async function erased(t: Test, personId: string, body: object = {}) {
  const { status, body: job } = await call('POST', `/v1/people/${personId}/erasure`, { body })
  t.equal(status, 202)
  for (let step = 0; step < 200; step++) {
    await Promise.all([0, 1].map(() => system.execute(advanceErasure, { jobId: job.id, step })))
    const { body: now } = await call('GET', `/v1/jobs/${job.id}`)
    if (now.state === 'done') return now
  }
  throw new Error('it does not end')
}

async function exported(personId: string, key?: string) {
  const { status, text, headers } = await call('GET', `/v1/people/${personId}/export`, key ? { key } : {})
  const lines = text.split('\n').filter(Boolean)
  // biome-ignore lint/suspicious/noExplicitAny: what is kept, of any form
  const kept: { kind: string; data: any }[] = status === 200 ? lines.map((line) => JSON.parse(line)) : []
  const files = kept.flatMap(({ data }) =>
    data.contentBase64 ? [Buffer.from(data.contentBase64, 'base64').toString('latin1')] : [],
  )
  return { status, headers, kept, all: [text, ...files].join('\n').toLowerCase() }
}

let posted = 0
const post = async (path: string, body: object, key?: string) => {
  const answer = await call('POST', path, {
    body,
    headers: { 'idempotency-key': `${path} ${posted++}` },
    ...(key ? { key } : {}),
  })
  if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`)
  return answer.body
}

const agent = await person('agent')
const email = `${canary('address')}@example.com`
const second = `${canary('second address')}@example.org`
const bystander = await person('requester')

/** Somebody who has left something everywhere. */
async function seed() {
  await post('/v1/fields', {
    key: 'serial',
    name: 'Serial',
    type: 'text',
    visibility: 'requesters',
    editing: 'requesters',
  })
  const file = Buffer.from(`file ${canary('bytes of an attachment of a mail')} end`).toString('base64')
  const raw = [
    `From: ${canary('name')} <${email}>`,
    'To: support@kontor.localhost',
    `Subject: Help ${canary('subject')}`,
    `Message-ID: <${canary('message id')}@example.com>`,
    `X-Note: ${canary('header')}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    `It is ${canary('body of a mail')}.`,
    '--b',
    `Content-Type: text/plain; name="${canary('filename')}.txt"`,
    'Content-Disposition: attachment',
    'Content-Transfer-Encoding: base64',
    '',
    file,
    '--b--',
    '',
  ].join('\n')
  const { ticketId } = await receive(raw, { mailFrom: email })
  const { body: ticket } = await call('GET', `/v1/tickets/${ticketId}`)
  const ruth: string = ticket.requesterId
  await post(`/v1/people/${ruth}/emails`, { email: second })
  await call('PATCH', `/v1/people/${ruth}`, { body: { locale: 'de' } })
  await post(`/v1/tickets/${ticketId}/replies`, { body: `Dear ${canary('reply of an agent')}` }, agent.key)
  await post(`/v1/tickets/${ticketId}/notes`, { body: `She is ${canary('note of an agent')}` }, agent.key)
  await call('PATCH', `/v1/tickets/${ticketId}`, {
    body: { subject: `Again ${canary('later subject')}`, fields: { serial: canary('custom field') } },
  })
  await post(`/v1/tickets/${ticketId}/time-entries`, { durationSeconds: 60, note: canary('note of time') }, agent.key)
  const { id: contractId } = await post('/v1/contracts', {
    name: `Of ${canary('name of a contract')}`,
    note: `She ${canary('note of a contract')}`,
    requesterId: ruth,
    unit: 'hours',
    period: 'month',
    timeZone: 'UTC',
    startsOn: '2026-01-01',
    allowance: 3_600,
  })
  await call('PATCH', `/v1/contracts/${contractId}`, { body: { name: `Now ${canary('later name of a contract')}` } })
  await post(`/v1/contracts/${contractId}/adjustments`, { amount: 60, note: `Since she ${canary('adjustment')}` })
  const conversation = { kind: 'customer', title: `About ${canary('title of a conversation')}`, participants: [] }
  const { id: conversationId } = await post(`/v1/tickets/${ticketId}/conversations`, conversation)
  await post(`/v1/tickets/${ticketId}/replies`, { conversationId, body: `She ${canary('said to others')}` }, agent.key)
  await post('/v1/mail/suppressions', { address: second, detail: canary('why suppressed') })

  const token = (await post('/v1/auth/requester-tokens', { personId: ruth })).accessToken
  const upload = await call('POST', '/v1/attachments', {
    key: token,
    body: Buffer.from(`picture ${canary('upload that was never used')}`),
    headers: { 'content-type': 'application/octet-stream' },
  })
  if (upload.status !== 201) throw new Error(upload.text)
  const own = await post(
    '/v1/tickets',
    { subject: canary('subject by API'), body: `Please ${canary('body by API')}` },
    token,
  )
  await post(`/v1/tickets/${own.id}/replies`, { body: `<b>${canary('HTML')}</b>`, format: 'html' }, token)

  // as a follower of somebody else's ticket
  const other = await post('/v1/tickets', { subject: 'Of somebody else', body: 'Keep this', requesterId: bystander.id })
  await post(`/v1/tickets/${other.id}/followers`, { personId: ruth })
  const key = (await post('/v1/api-keys', { name: canary('name of a key'), personId: ruth })).key
  await call('PUT', '/v1/me/password', { key, body: { password: 'correct horse battery' } })
  await call('POST', '/v1/auth/token', { body: { email: second, password: 'a wrong password' } })
  await post(`/v1/people/${ruth}/invitation`, {})
  for (const { id } of (await call('GET', `/v1/mail/outbound?personId=${ruth}`)).body.data) {
    const mail = await system.execute(claimOutboundMail, { outboundMailId: id, workerId: 'job_test' })
    const response = `550 no ${canary(`response ${id}`)}`
    if (mail) await system.execute(recordMailResult, { outboundMailId: id, outcome: 'failed', response })
    else canaries.delete(`response ${id}`)
  }
  await index()
  return { ruth, ticketId, otherId: other.id, token }
}

t.test('all that is kept of somebody is exported, and then nothing of it is left', async (t) => {
  const { ruth, ticketId, otherId, token } = await seed()
  const before = await dump()
  // not everything is stored for itself: what is, must be in the export
  const kept = [...canaries].filter(([, word]) => placesOf(before, word).length)
  t.ok(kept.length >= 18, `${kept.length} places: ${kept.map(([place]) => place).join(', ')}`)
  const whole = await exported(ruth)
  t.equal(whole.headers['content-type'], 'application/x-ndjson')
  t.same(
    kept.filter(([, word]) => !whole.all.includes(word)).map(([place]) => place),
    [],
    'the export holds all of it',
  )
  for (const secret of ['scrypt$', 'secretHash', 'secret_hash', 'refresh_hash'])
    t.notOk(whole.all.includes(secret.toLowerCase()), `no ${secret}`)

  const own = await exported(ruth, token)
  t.equal(own.status, 200)
  const hidden = ['note of an agent', 'note of time', 'note of a contract', 'adjustment']
  for (const place of hidden) t.notOk(own.all.includes(canaries.get(place) ?? ''), `to themselves no ${place}`)
  for (const place of [
    'body of a mail',
    'bytes of an attachment of a mail',
    'reply of an agent',
    'body by API',
    'custom field',
    'header',
  ])
    t.ok(own.all.includes(canaries.get(place) ?? ''), `to themselves the ${place}`)

  const versions = (await call('GET', `/v1/tickets/${ticketId}`)).body.version
  const job = await erased(t, ruth, { subjects: true })
  t.match(job, { kind: 'person_erasure', state: 'done', failures: [], progress: { failed: 0 } })
  t.ok(job.progress.done > 10)
  await index()
  const after = await dump()
  t.same(
    [...canaries].flatMap(([place, word]) => placesOf(after, word).map((table) => `${place} in ${table}`)),
    [],
    'no table holds any of it',
  )

  t.match(await call('GET', `/v1/people/${ruth}`), {
    status: 200,
    body: { name: null, emails: [], email: /@erased\.invalid$/, disabledAt: String, erasedAt: String },
  })
  t.match(await call('GET', `/v1/tickets/${ticketId}`), {
    status: 200,
    body: { requesterId: ruth, version: versions, subject: '' },
  })
  const { data } = (await call('GET', `/v1/tickets/${ticketId}/messages`)).body
  t.ok(data.length >= 3)
  t.same([...new Set(data.map(({ bodyText }: { bodyText: string }) => bodyText))], [''])
  for (const part of ['timeline', 'rule-runs', 'followers', 'conversations'])
    t.equal((await call('GET', `/v1/tickets/${ticketId}/${part}`)).status, 200, `its ${part} can be read`)
  for (const list of ['/v1/events?limit=100', '/v1/mail/inbound', '/v1/mail/outbound', '/v1/people'])
    t.equal((await call('GET', list)).status, 200, `${list} can be read`)
  const mails = (await call('GET', `/v1/mail/inbound`)).body.data
  t.equal((await call('GET', `/v1/mail/inbound/${mails[0].id}/raw`)).status, 200)

  t.match(
    await call('GET', `/v1/tickets/${otherId}/messages`),
    { body: { data: [{ bodyText: 'Keep this' }] } },
    'others keep theirs',
  )
  t.match(await call('GET', `/v1/people/${bystander.id}`), { body: { email: bystander.email } })
  t.match(await call('PATCH', `/v1/people/${ruth}`, { body: { disabled: false } }), {
    status: 409,
    body: { code: 'person_inactive' },
  })
  t.match(await call('POST', `/v1/people/${ruth}/emails`, { body: { email } }), {
    status: 409,
    body: { code: 'person_inactive' },
  })
  t.equal((await erased(t, ruth)).state, 'done', 'it can be done again')
  const anew = await receive(`From: ${email}\nTo: support@kontor.localhost\nSubject: Me again\n\nHello`, {
    mailFrom: email,
  })
  const { body: ticket } = await call('GET', `/v1/tickets/${anew.ticketId}`)
  t.not(ticket.requesterId, ruth, 'their next mail is somebody new')
})

t.test('an erasure whose worker is gone is taken up as one', async (t) => {
  await keepJobs()
  const ruth = await person('requester')
  const { body: job } = await call('POST', `/v1/people/${ruth.id}/erasure`)
  await system.execute(advanceErasure, { jobId: job.id, step: 0 })
  await db.query({ text: 'delete from outbox', values: [] })
  const adopt = (workerId: string, lockKey: number) => system.execute(adoptWork, { workerId, lockKey, embedded: true })
  await adopt(newId('job'), 71)
  await adopt(newId('job'), 72)
  const { rows } = await db.query<{ queue: string; data: { jobId: string; step: number } }>({
    text: "select queue, data from outbox where data->>'jobId' = $1",
    values: [job.id],
  })
  t.same(rows, [{ queue: 'person.erase', data: { jobId: job.id, step: 1 } }])
  await system.execute(advanceBulkChange, { jobId: job.id, step: 1 })
  t.match((await call('GET', `/v1/jobs/${job.id}`)).body, { state: 'running' }, 'no other step ends it')
})

t.test('words of theirs do not stay as the preview of a ticket of somebody else', async (t) => {
  const [ruth, max] = await Promise.all([person('requester'), person('agent')])
  const open = await call('POST', '/v1/tickets', { key: ruth.key, body: { subject: 'x', body: 'Hers' } })
  const preview = async () => (await call('GET', `/v1/tickets/${open.body.id}`)).body.lastMessagePreview
  await call('POST', `/v1/tickets/${open.body.id}/replies`, { key: max.key, body: { body: 'His' } })
  t.equal(await preview(), 'His')
  await call('PATCH', `/v1/people/${max.id}`, { body: { disabled: true } })
  await erased(t, max.id)
  t.equal(await preview(), null)
})

t.test('bytes that somebody else has, too, stay', async (t) => {
  const content = Buffer.from('the same picture')
  const [ruth, max] = await Promise.all([person('requester'), person('requester')])
  const sent = async (key: string) => {
    const { body } = await call('POST', '/v1/attachments', {
      key,
      body: content,
      headers: { 'content-type': 'application/octet-stream' },
    })
    await call('POST', '/v1/tickets', { key, body: { subject: 'x', body: 'x', attachmentIds: [body.id] } })
    return `/v1/attachments/${body.id}/content`
  }
  const [hers, his] = [await sent(ruth.key), await sent(max.key)]
  await erased(t, ruth.id)
  t.equal((await call('GET', hers)).status, 404)
  t.equal((await call('GET', his)).text, 'the same picture')
  await erased(t, max.id)
  const { rows } = await db.query({ text: 'select from blob_chunks where bytes = $1', values: [content] })
  t.equal(rows.length, 0, 'until nobody has them')
})

t.test('admins erase, but neither themselves nor who works here', async (t) => {
  const [ruth, other, admin] = await Promise.all([person('requester'), person('agent'), person('admin')])
  const erase = (id: string, key?: string) => call('POST', `/v1/people/${id}/erasure`, key ? { key } : {})
  t.equal((await erase(ruth.id, agent.key)).status, 403)
  t.equal((await erase(ruth.id, ruth.key)).status, 403)
  t.match(await erase(ruth.id, bystander.key), { status: 404, body: { code: 'person_not_found' } })
  t.equal((await erase(admin.id, admin.key)).status, 403)
  t.match(await erase(other.id), { status: 409, body: { code: 'person_active' } })
  const opened = await call('POST', '/v1/tickets', {
    key: other.key,
    body: { subject: 'Stays', body: 'Theirs', requesterId: ruth.id },
  })
  await call('PATCH', `/v1/people/${other.id}`, { body: { disabled: true } })
  await erased(t, other.id)
  t.match(await call('GET', `/v1/people/${other.id}`), { body: { name: null, role: 'agent', erasedAt: String } })
  t.equal((await call('GET', `/v1/tickets/${opened.body.id}`)).body.subject, 'Stays', 'the ticket is of somebody else')
  const { status } = await exported(ruth.id, agent.key)
  t.equal(status, 403, 'an agent exports nobody but themselves')
  t.equal((await exported(agent.id, agent.key)).status, 200)
  const begun = await graphql('mutation ($id: ID!) { erasePerson(input: { personId: $id }) { kind state } }', {
    id: ruth.id,
  })
  t.match(begun.body.data.erasePerson, { kind: 'person_erasure', state: 'queued' })
})

t.test('who is being erased can do nothing from the first moment on', async (t) => {
  const ruth = await person('requester')
  await call('POST', `/v1/people/${ruth.id}/erasure`)
  for (const until = Date.now() + 2_000; Date.now() < until; ) {
    if ((await call('GET', '/v1/me', { key: ruth.key })).status === 401) return t.pass('out')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.fail('still in')
})
