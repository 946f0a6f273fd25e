import t, { type Test } from 'tap'
import { createAuthenticator } from '../src/domain/access/authenticate.ts'
import { hashPassword } from '../src/domain/login/password.ts'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { startDesk } from './support/desk.ts'

const desk = await startDesk(t, { SMTP_RELAY_URL: 'smtp://127.0.0.1:1', PORTAL_URL: 'https://portal.example' })
const { app, call, db, person, graphql, system } = desk

const PASSWORD = 'correct horse battery'
/** Made once: each costs a third of a second. */
const HASH = await hashPassword(PASSWORD)
let network = 0

/** From an address of its own, so that one test's failures are not another's. */
const from = () => `198.51.${++network >> 8}.${network & 255}`

async function ask(url: string, body: object, { peer = from(), token = '' } = {}) {
  const response = await app.http.inject({
    method: 'POST',
    url,
    remoteAddress: peer,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    payload: JSON.stringify(body),
  })
  return { status: response.statusCode, headers: response.headers, body: response.body ? response.json() : undefined }
}
const logIn = (email: string, password: string, peer?: string) =>
  ask('/v1/auth/token', { email, password }, peer === undefined ? {} : { peer })
const refresh = (refreshToken: string) => ask('/v1/auth/token', { refreshToken })

/** Somebody with a proven address and a password. */
async function member(role: 'admin' | 'agent' | 'light_agent' = 'agent') {
  const someone = await person(role)
  await db.query({ text: 'update person_emails set verified_at = now() where person_id = $1', values: [someone.id] })
  await db.query({
    text: 'insert into passwords (person_id, hash, changed_at) values ($1, $2, now())',
    values: [someone.id, HASH],
  })
  return someone
}

async function gone(t: Test, token: string, what: string) {
  for (const until = Date.now() + 2_000; Date.now() < until; ) {
    if ((await call('GET', '/v1/me', { key: token })).status === 401) return t.pass(what)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.fail(`${what}: it still works after two seconds`)
}

t.test('address and password give a token of a quarter of an hour, and one to go on with', async (t) => {
  const ada = await member()
  const { status, body } = await logIn(ada.email.toUpperCase(), PASSWORD)
  t.equal(status, 200)
  t.match(body, { tokenType: 'Bearer', refreshToken: /^kr_ses_/, accessToken: /^ey/ })
  const left = Date.parse(body.expiresAt) - Date.now()
  t.ok(left > 890_000 && left <= 900_000)
  t.match(await call('GET', '/v1/me', { key: body.accessToken }), { status: 200, body: { id: ada.id } })
  const opened = await call('POST', '/v1/tickets', {
    key: body.accessToken,
    body: { subject: 'x', body: 'x', requester: { email: 'ruth@example.com' } },
  })
  t.match(opened, { status: 201, body: { channel: 'api' } }, 'somebody who works here acts like by a key')
  for (const part of ['accessToken', 'refreshToken'])
    t.notOk(await keptAnywhere(body[part].slice(-30)), `${part} is kept nowhere`)
  t.notOk(await keptAnywhere(PASSWORD), 'the password is kept nowhere')
  const [row] = (
    await db.query<{ hash: string }>({ text: 'select hash from passwords where person_id = $1', values: [ada.id] })
  ).rows
  t.match(row?.hash, /^scrypt\$17\$8\$1\$[\w-]{22}\$[\w-]{43}$/, 'its parameters stand beside it')
})

async function keptAnywhere(text: string): Promise<boolean> {
  const { rows } = await db.query<{ name: string }>({
    text: `select format('%I.%I', table_schema, table_name) as name from information_schema.tables where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`,
    values: [],
  })
  for (const { name } of rows) {
    const found = await db.query<{ found: boolean }>({
      text: `select exists (select from ${name} as r where r::text like '%' || $1 || '%') as found`,
      values: [text],
    })
    if (found.rows[0]?.found) return true
  }
  return false
}

t.test('whoever does not get in hears the same, whatever is wrong', async (t) => {
  const ada = await member()
  const unproven = await member()
  await db.query({ text: 'update person_emails set verified_at = null where person_id = $1', values: [unproven.id] })
  const disabled = await member()
  await call('PATCH', `/v1/people/${disabled.id}`, { body: { disabled: true } })
  const keyless = await person('agent')
  const answers = await Promise.all(
    [
      [ada.email, 'another password'],
      [ada.email, `${PASSWORD} `],
      ['nobody@example.com', PASSWORD],
      [unproven.email, PASSWORD],
      [disabled.email, PASSWORD],
      [keyless.email, PASSWORD],
    ].map(([email = '', password = '']) => logIn(email, password)),
  )
  for (const { status, body } of answers)
    t.same({ ...body, requestId: '' }, { ...answers[0]?.body, requestId: '' }, String(status))
  t.match(answers[0], { status: 401, body: { code: 'wrong_credentials' } })
  for (const body of [
    {},
    { email: ada.email },
    { password: PASSWORD },
    { email: ada.email, password: PASSWORD, refreshToken: 'x' },
  ])
    t.match(await ask('/v1/auth/token', body), { status: 422, body: { code: 'invalid_input' } })
})

t.test('a refresh token works once; used again it ends the family', async (t) => {
  const ada = await member()
  const first = (await logIn(ada.email, PASSWORD)).body
  const second = await refresh(first.refreshToken)
  t.equal(second.status, 200)
  t.match(await call('GET', '/v1/me', { key: second.body.accessToken }), { status: 200, body: { id: ada.id } })
  t.match(await refresh(first.refreshToken), { status: 401, body: { code: 'wrong_credentials' } })
  t.match(await refresh(second.body.refreshToken), { status: 401 }, 'the newest is dead, too')
  await gone(t, second.body.accessToken, 'and so is the access token')
  const apart = (await logIn(ada.email, PASSWORD)).body
  const [, family] = /^kr_(ses_\w{26}_)/.exec(apart.refreshToken) ?? []
  t.match(await refresh(`kr_${family}${'A'.repeat(22)}_${'A'.repeat(43)}`), { status: 401 })
  t.match(await refresh(apart.refreshToken), { status: 200 }, 'an invented one ends nothing')
})

t.test('of fifty refreshes at once one succeeds', async (t) => {
  const ada = await member()
  const { refreshToken } = (await logIn(ada.email, PASSWORD)).body
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 401).length, 49)
  const { rows } = await db.query<{ endedBy: string }>({
    text: 'select ended_by as "endedBy" from sessions where person_id = $1',
    values: [ada.id],
  })
  t.same(rows, [{ endedBy: 'reuse' }])
})

t.test(
  'log-out, a new password, another role, being disabled and an admin end a session within a second',
  async (t) => {
    const enter = async () => {
      const someone = await member()
      const { body } = await logIn(someone.email, PASSWORD)
      const { data } = (await call('GET', '/v1/me/sessions', { key: body.accessToken })).body
      return { ...someone, ...body, sessionId: data[0].id }
    }
    const ways: Record<string, (one: Awaited<ReturnType<typeof enter>>) => Promise<{ status: number }>> = {
      logout: ({ accessToken }) => call('POST', '/v1/auth/logout', { key: accessToken, body: {} }),
      ended: ({ accessToken, sessionId }) => call('DELETE', `/v1/me/sessions/${sessionId}`, { key: accessToken }),
      admin: ({ id }) => call('DELETE', `/v1/people/${id}/sessions`),
      password: ({ key }) =>
        call('PUT', '/v1/me/password', { key, body: { currentPassword: PASSWORD, password: 'another long one' } }),
      disabled: ({ id }) => call('PATCH', `/v1/people/${id}`, { body: { disabled: true } }),
      role: ({ id }) => call('PATCH', `/v1/people/${id}`, { body: { role: 'light_agent', supportTeam: false } }),
    }
    for (const [by, end] of Object.entries(ways)) {
      const one = await enter()
      t.equal((await call('GET', '/v1/me', { key: one.accessToken })).status, 200)
      t.ok((await end(one)).status < 300, by)
      await gone(t, one.accessToken, by)
      t.match(await refresh(one.refreshToken), { status: 401 }, `${by}: it cannot go on`)
      const { rows } = await db.query({
        text: 'select ended_by as by from sessions where id = $1',
        values: [one.sessionId],
      })
      t.same(rows, [{ by }])
    }
  },
)

t.test('another process, which has a memory of its own, hears of it within five seconds', async (t) => {
  const other = createAuthenticator({ db, clock: () => new Date(), noteUse: () => {} })
  const ada = await member()
  const { accessToken } = (await logIn(ada.email, PASSWORD)).body
  const { sub, sid } = app.http.jwt.decode<{ sub: string; sid: string }>(accessToken) ?? { sub: '', sid: '' }
  t.match(await other.bySession(sid, sub), { id: ada.id, sessionId: sid })
  await call('PATCH', `/v1/people/${ada.id}`, { body: { disabled: true } })
  const since = Date.now()
  while ((await other.bySession(sid, sub)) && Date.now() - since < 6_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.ok(Date.now() - since < 5_000, `${Date.now() - since} ms`)
})

t.test('a token is of one person and one session, whatever else it says', async (t) => {
  const [ada, bob] = await Promise.all([member(), member()])
  const { accessToken, refreshToken } = (await logIn(ada.email, PASSWORD)).body
  const claims = app.http.jwt.decode<{ sid: string }>(accessToken)
  const now = Math.floor(Date.now() / 1_000)
  const signed = (other: object) =>
    app.http.jwt.sign({ jti: 'x', iat: now, exp: now + 600, sub: ada.id, sid: claims?.sid, ...other })
  const me = async (key: string) => (await call('GET', '/v1/me', { key })).status
  t.equal(await me(signed({})), 200, 'the test signs as the desk does')
  for (const other of [
    { sub: bob.id },
    { sid: 'ses_00000000000000000000000000' },
    { sid: 'ses_' },
    { sid: 'a-session-of-a-portal' },
    { sid: 7 },
    { sid: [claims?.sid] },
    { sub: '' },
    { exp: now - 600 },
  ])
    t.equal(await me(signed(other)), 401, JSON.stringify(other))
  t.equal(await me(refreshToken), 401, 'a refresh token opens nothing')
})

t.test('one sees and ends one’s own sessions, and nobody else’s', async (t) => {
  const [ada, bob] = await Promise.all([member(), member()])
  const mine = (await logIn(ada.email, PASSWORD)).body
  await logIn(ada.email, PASSWORD)
  const { data } = (await call('GET', '/v1/me/sessions', { key: mine.accessToken })).body
  t.equal(data.length, 2)
  t.same(
    data.map(({ current }: { current: boolean }) => current),
    [false, true],
  )
  t.match(await call('DELETE', `/v1/me/sessions/${data[0].id}`, { key: bob.key }), {
    status: 404,
    body: { code: 'session_not_found' },
  })
  t.match(await call('DELETE', `/v1/people/${ada.id}/sessions`, { key: bob.key }), { status: 403 })
  t.match(await call('POST', '/v1/auth/logout', { key: ada.key, body: {} }), { status: 403 }, 'a key is no session')
  t.equal((await call('POST', '/v1/auth/logout', { key: mine.accessToken, body: { everywhere: true } })).status, 204)
  t.same((await call('GET', '/v1/me/sessions', { key: ada.key })).body.data, [])
})

t.test('a password is long, and who sets it has proven who they are', async (t) => {
  const ada = await member()
  const put = (key: string, body: object) => call('PUT', '/v1/me/password', { key, body })
  for (const password of ['short', 'eleven char', 'x'.repeat(257)])
    t.match(await put(ada.key, { currentPassword: PASSWORD, password }), { status: 422 })
  t.match(await put(ada.key, { password: 'a new long password' }), {
    status: 422,
    body: { errors: [{ pointer: '/currentPassword', code: 'wrong' }] },
  })
  t.match(await put(ada.key, { currentPassword: 'wrong', password: 'a new long password' }), { status: 422 })
  const session = (await logIn(ada.email, PASSWORD)).body
  const other = (await logIn(ada.email, PASSWORD)).body
  t.equal((await put(session.accessToken, { currentPassword: PASSWORD, password: 'a new long password' })).status, 204)
  t.equal((await call('GET', '/v1/me', { key: session.accessToken })).status, 200, 'the session that asks stays')
  await gone(t, other.accessToken, 'the other one ends')
  t.equal((await logIn(ada.email, PASSWORD)).status, 401)
  t.equal((await logIn(ada.email, 'a new long password')).status, 200)

  const portal = (await call('POST', '/v1/auth/requester-tokens', { body: { email: 'portal@example.com' } })).body
  t.match(
    await put(portal.accessToken, { password: PASSWORD }),
    { status: 403 },
    'a minted token makes no way in that lasts',
  )
  const fresh = await person('agent')
  const narrow = await call('POST', '/v1/api-keys', {
    body: { name: 'Narrow', personId: fresh.id, scopes: ['access:write'] },
  })
  t.match(await put(narrow.body.key, { password: PASSWORD }), { status: 403 }, 'nor does a narrow key')
})

t.test('after ten failures an account waits, known or not', async (t) => {
  const ada = await member()
  for (const email of [ada.email, 'unknown@example.com']) {
    for (let n = 0; n < 10; n++) t.equal((await logIn(email, 'wrong')).status, 401)
    const { status, body, headers } = await logIn(email, PASSWORD)
    t.match({ status, body }, { status: 429, body: { code: 'rate_limited' } }, 'even with the right password')
    t.ok(Number(headers['retry-after']) > 800 && Number(headers['retry-after']) <= 900)
  }
  await db.query({
    text: `update login_attempts set at = (select array_agg((each::timestamptz - interval '16 minutes')::text) from unnest(at) as each) where cardinality(at) > 0`,
    values: [],
  })
  t.equal((await logIn(ada.email, PASSWORD)).status, 200, 'a quarter of an hour later it is free again')
  t.equal((await call('GET', '/v1/me', { key: ada.key })).status, 200, 'keys are no part of it')
})

t.test('of a hundred at once ten are looked at, and of a hundred aliases in one document', async (t) => {
  const ada = await member()
  const peers = Array.from({ length: 4 }, from)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => logIn(ada.email, 'wrong', peers[n % 4])))
  t.equal(answers.filter(({ status }) => status === 401).length, 10)
  t.equal(answers.filter(({ status }) => status === 429).length, 90)

  const bob = await member()
  const document = (aliases: number) =>
    `mutation { ${Array.from(
      { length: aliases },
      (_, n) => `a${n}: createToken(input: { email: "${bob.email}", password: "wrong" }) { tokenType }`,
    ).join(' ')} }`
  t.match(await graphql(document(100)), { body: { errors: [{ extensions: { code: 'graphql_invalid' } }] } })
  const documents = await Promise.all(Array.from({ length: 15 }, () => graphql(document(20))))
  const codes: string[] = documents.flatMap(({ body }) =>
    body.errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code),
  )
  t.same(new Set(codes), new Set(['wrong_credentials', 'rate_limited']))
  const looked = codes.filter((code) => code === 'wrong_credentials').length
  t.equal(looked, 10)
})

t.test('after fifty failures a network waits, whatever the accounts; who gets in costs nothing', async (t) => {
  const ada = await member()
  const peer = '203.0.113.9'
  await db.query({
    text: `insert into login_attempts (key, at, open, updated_at)
      select 'p:' || p, array_agg(clock_timestamp()::text), true, clock_timestamp() from generate_series(1, 49), unnest($1::text[]) as p group by p`,
    values: [[peer, '2001:db8:1:2::/64']],
  })
  for (let n = 0; n < 3; n++) t.equal((await logIn(ada.email, PASSWORD, peer)).status, 200)
  t.equal((await logIn('someone@example.com', 'wrong', peer)).status, 401)
  t.equal((await logIn(ada.email, PASSWORD, peer)).status, 429)
  t.equal((await logIn('someone@example.com', 'wrong', '2001:db8:1:2::7')).status, 401)
  t.equal((await logIn(ada.email, PASSWORD, '2001:db8:1:2:ffff::1')).status, 429, 'of IPv6 the network counts')
  t.equal((await logIn(ada.email, PASSWORD, '2001:db8:1:3::1')).status, 200)
})

t.test('in GraphQL a session is opened, seen and ended like by REST', async (t) => {
  const ada = await member()
  const { data } = (
    await graphql('mutation ($input: CreateTokenInput!) { createToken(input: $input) { accessToken refreshToken } }', {
      input: { email: ada.email, password: PASSWORD },
    })
  ).body
  const { accessToken: key } = data.createToken
  const seen = await graphql('{ me { id } mySessions { id current } }', {}, { key })
  t.match(seen.body.data, { me: { id: ada.id }, mySessions: [{ current: true }] })
  const replayed = await graphql(
    'mutation { logOut(input: {}) { id } }',
    {},
    { key, headers: { 'idempotency-key': 'out' } },
  )
  t.equal(replayed.body.data.logOut.id, seen.body.data.mySessions[0].id)
  await gone(t, key, 'logged out')
})

/** What leaves by mail to an address, as the worker takes it. */
async function mailTo(address: string, outcome: 'sent' | 'deferred' = 'sent') {
  const { data } = (await call('GET', `/v1/mail/outbound?to=${encodeURIComponent(address)}`)).body
  const [{ id: outboundMailId }] = data
  const mail = await system.execute(claimOutboundMail, { outboundMailId, workerId: 'job_test' })
  if (!mail) return undefined
  await system.execute(recordMailResult, { outboundMailId, outcome, response: 'as said' })
  const [, page, token = ''] = /https:\/\/portal\.example\/([a-z-]+)#token=([\w-]{43})\s/.exec(mail.bodyText) ?? []
  return { ...mail, outboundMailId, page, token }
}

t.test('somebody invited sets a password, and has proven their address', async (t) => {
  const agent = await person('agent')
  const ruth = await person('requester')
  t.match(await logIn(ruth.email, PASSWORD), { status: 401 })
  const invited = await call('POST', `/v1/people/${ruth.id}/invitation`, { key: agent.key })
  t.match(invited, { status: 202, body: { kind: 'invitation', ticketId: null, to: ruth.email, state: 'queued' } })
  const mail = await mailTo(ruth.email)
  t.match(mail, { page: 'password', replyTo: null, automatic: true, ticketNumber: null, references: [] })
  const { token = '', outboundMailId } = mail ?? {}
  t.notOk(await keptAnywhere(token), 'the token is kept nowhere')
  const why = await call('GET', `/v1/mail/outbound/${outboundMailId}/why`)
  t.match(why.body, { mail: { state: 'sent' }, bodyText: null, trail: [{ step: 'queued' }, { step: 'send' }] })
  t.equal((await ask('/v1/auth/password', { token, password: 'short' })).status, 422)
  t.equal((await ask('/v1/auth/password', { token, password: PASSWORD })).status, 204)
  t.match(await ask('/v1/auth/password', { token, password: PASSWORD }), { status: 410, body: { code: 'token_gone' } })
  const { status, body } = await logIn(ruth.email, PASSWORD)
  t.equal(status, 200)
  const opened = await call('POST', '/v1/tickets', { key: body.accessToken, body: { subject: 'x', body: 'x' } })
  t.match(opened, { status: 201, body: { channel: 'portal', requesterId: ruth.id, assigneeId: null } })
})

t.test('who comes to work here proves their address anew', async (t) => {
  const ruth = await person('requester')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const { token = '' } = (await mailTo(ruth.email)) ?? {}
  t.equal((await ask('/v1/auth/password', { token, password: PASSWORD })).status, 204)
  const { body: session } = await logIn(ruth.email, PASSWORD)
  t.equal((await call('PATCH', `/v1/people/${ruth.id}`, { body: { role: 'agent' } })).status, 200)
  await gone(t, session.accessToken, 'the session of a client')
  t.equal((await logIn(ruth.email, PASSWORD)).status, 401, 'nor their password')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const again = (await mailTo(ruth.email))?.token ?? ''
  t.equal((await ask('/v1/auth/password', { token: again, password: PASSWORD })).status, 204)
  t.equal((await logIn(ruth.email, PASSWORD)).status, 200)
})

t.test('agents invite requesters, admins anybody, and nobody somebody who is disabled', async (t) => {
  const [agent, other, ruth] = await Promise.all([person('agent'), person('agent'), person('requester')])
  const invite = (id: string, key?: string) => call('POST', `/v1/people/${id}/invitation`, key ? { key } : {})
  t.equal((await invite(other.id, agent.key)).status, 403)
  t.equal((await invite(ruth.id, ruth.key)).status, 403)
  t.match(await invite(other.id, ruth.key), { status: 404, body: { code: 'person_not_found' } })
  t.equal((await invite(other.id)).status, 202)
  await call('PATCH', `/v1/people/${ruth.id}`, { body: { disabled: true } })
  t.match(await invite(ruth.id), { status: 409, body: { code: 'person_inactive' } })
})

t.test('a forgotten password is chosen anew by mail, and nobody learns whose address it is', async (t) => {
  const ada = await member()
  const session = (await logIn(ada.email, PASSWORD)).body
  const unproven = await person('agent')
  const before = await mailsTo(unproven.email)
  const answers = await Promise.all(
    [ada.email, 'nobody@example.com', unproven.email].map((email) => ask('/v1/auth/password-reset', { email })),
  )
  for (const { status, body } of answers) t.match({ status, body }, { status: 202, body: { accepted: true } })
  t.equal(await mailsTo(unproven.email), before)
  t.equal(await mailsTo('nobody@example.com'), 0)
  const { token = '' } = (await mailTo(ada.email)) ?? {}
  t.equal((await ask('/v1/auth/password', { token, password: 'a new long password' })).status, 204)
  await gone(t, session.accessToken, 'all sessions end')
  t.equal((await logIn(ada.email, PASSWORD)).status, 401)
  t.equal((await logIn(ada.email, 'a new long password')).status, 200)
  const many = await Promise.all(
    Array.from({ length: 12 }, () => ask('/v1/auth/password-reset', { email: 'x@example.com' })),
  )
  t.equal(many.filter(({ status }) => status === 202).length, 10, 'so many in a quarter of an hour')
})

async function mailsTo(address: string): Promise<number> {
  return (await call('GET', `/v1/mail/outbound?to=${encodeURIComponent(address)}`)).body.data.length
}

t.test('a token is whole, its own, in time, and used once', async (t) => {
  const ruth = await person('requester')
  const again = async () => {
    await db.query({
      text: `update outbound_mails set created_at = created_at - interval '2 days' where "to" = $1`,
      values: [ruth.email],
    })
    await call('POST', `/v1/people/${ruth.id}/invitation`)
    return (await mailTo(ruth.email))?.token ?? ''
  }
  const token = await again()
  const set = (given: unknown) => ask('/v1/auth/password', { token: given, password: PASSWORD })
  for (const given of ['', ' ', null, [token], {}, `${token} `, token.slice(1), 12])
    t.match(await set(given), { status: 422, body: { code: 'invalid_input' } }, JSON.stringify(given))
  const swapped = token.replace(/[a-z]/, (letter) => letter.toUpperCase())
  for (const given of [swapped, 'A'.repeat(43)]) t.match(await set(given), { status: 410 })
  t.match(await ask('/v1/auth/verify-email', { token }), { status: 410 }, 'for what it was made for')
  await db.query({
    text: `update one_time_tokens set expires_at = now() - interval '1 second' where person_id = $1`,
    values: [ruth.id],
  })
  t.match(await set(token), { status: 410 }, 'a day later')
  const [first, second] = [await again(), await again()]
  t.equal((await set(second)).status, 204)
  t.match(await set(first), { status: 410 }, 'who has used one has used all')
  const third = await again()
  const answers = await Promise.all(Array.from({ length: 8 }, () => set(third)))
  t.equal(answers.filter(({ status }) => status === 204).length, 1, 'eight at once')
  const unused = await again()
  await call('PATCH', `/v1/people/${ruth.id}`, { body: { disabled: true } })
  t.match(await set(unused), { status: 410 }, 'of somebody disabled')
})

t.test('a mail that is tried again carries a new token, and one too late none', async (t) => {
  const ruth = await person('requester')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const first = await mailTo(ruth.email, 'deferred')
  await db.query({
    text: `update outbound_mails set next_attempt_at = now() - interval '1 minute' where id = $1`,
    values: [first?.outboundMailId],
  })
  const second = await mailTo(ruth.email)
  t.equal(second?.messageId, first?.messageId)
  t.not(second?.token, first?.token)
  t.match(await ask('/v1/auth/password', { token: first?.token, password: PASSWORD }), { status: 410 })
  t.match(await ask('/v1/auth/password', { token: second?.token, password: PASSWORD }), { status: 204 })
  await call('POST', `/v1/mail/outbound/${first?.outboundMailId}/resend`)
  t.equal(await mailTo(ruth.email), undefined)
  const { body } = await call('GET', `/v1/mail/outbound/${first?.outboundMailId}`)
  t.match(body, { state: 'suppressed', smtpResponse: 'its token has had its time' })
})

t.test('an address is proven by its mail, and shows and opens nothing before', async (t) => {
  const domain = `acme-${Date.now()}.example`
  await call('POST', '/v1/organizations', { body: { name: 'Acme', domains: [domain], sharesTickets: true } })
  const colleague = (await call('POST', '/v1/people', { body: { email: `colleague@${domain}` } })).body
  const ticket = (
    await call('POST', '/v1/tickets', { body: { subject: 'Theirs', body: 'x', requesterId: colleague.id } })
  ).body
  const email = `New.One@${domain}`
  const made = (await call('POST', '/v1/people', { body: { email } })).body
  const key = (await call('POST', '/v1/api-keys', { body: { name: 'theirs', personId: made.id } })).body.key
  t.equal((await call('GET', `/v1/tickets/${ticket.id}`, { key })).status, 404)
  const sent = await call('POST', `/v1/people/${made.id}/emails/${encodeURIComponent(email)}/verification`, { key })
  t.match(sent, { status: 202, body: { kind: 'email_verification', to: email.toLowerCase() } }, 'in its one form')
  const { token, page } = (await mailTo(email.toLowerCase())) ?? {}
  t.equal(page, 'verify-email')
  t.equal((await ask('/v1/auth/verify-email', { token })).status, 204)
  t.match(await ask('/v1/auth/verify-email', { token }), { status: 410 })
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // a credential is trusted for a second
  t.equal((await call('GET', `/v1/tickets/${ticket.id}`, { key })).status, 200)
  const stranger = await person('requester')
  t.match(await call('POST', `/v1/people/${made.id}/emails/${email}/verification`, { key: stranger.key }), {
    status: 404,
  })
  t.match(await call('POST', `/v1/people/${made.id}/emails/other@example.com/verification`), { status: 404 })
})

t.test('mails about accounts are few, whoever asks for them', async (t) => {
  const ruth = await person('requester')
  for (let n = 0; n < 6; n++) {
    await call('POST', `/v1/people/${ruth.id}/invitation`)
    const mail = await mailTo(ruth.email)
    t.equal(mail !== undefined, n < 5, `mail ${n + 1}`)
  }
  const max = await person('requester')
  const { body: ticket } = await call('POST', '/v1/tickets', { body: { subject: 'x', body: 'x', requesterId: max.id } })
  await db.query({
    text: `insert into outbound_mails select p.* from (select * from outbound_mails limit 1) m, generate_series(1, 30) n,
      jsonb_populate_record(null::outbound_mails, to_jsonb(m) || jsonb_build_object('id', 'oum_00' || n, 'message_id', 'x' || n,
        'ticket_id', $2::text, 'kind', 'acknowledgement', 'attempts', 1, 'to', $1::text, 'created_at', $3::text)) p`,
    values: [max.email, ticket.id, new Date().toISOString()],
  })
  await call('POST', `/v1/people/${max.id}/invitation`)
  t.match(await mailTo(max.email), { page: 'password' }, 'mails about tickets leave room for them')
})
