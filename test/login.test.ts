import t from 'tap'
import { createAuthenticator } from '../src/domain/access/authenticate.ts'
import { startDesk } from './support/desk.ts'
import { loginOn, PASSWORD } from './support/login.ts'

const desk = await startDesk(t, { SMTP_RELAY_URL: 'smtp://127.0.0.1:1', PORTAL_URL: 'https://portal.example' })
const { app, call, db, person, graphql } = desk
const { ask, logIn, refresh, member, gone, keptAnywhere } = loginOn(desk)

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
  const changed = await call('PUT', '/v1/me/password', {
    key: ada.key,
    body: { currentPassword: PASSWORD, password: 'another long one' },
  })
  t.equal(changed.status, 204)
  for (const password of [PASSWORD, 'another long one'])
    t.notOk(await keptAnywhere(password), 'a password is kept nowhere')
  const [row] = (
    await db.query<{ hash: string }>({ text: 'select hash from passwords where person_id = $1', values: [ada.id] })
  ).rows
  t.match(row?.hash, /^scrypt\$17\$8\$1\$[\w-]{22}\$[\w-]{43}$/, 'its parameters stand beside it')
})

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
