import { createHmac, generateKeyPairSync } from 'node:crypto'
import t, { type Test } from 'tap'
import { isMistyped, newSecret } from '../src/domain/access/secret.ts'
import { startDesk } from './support/desk.ts'

const secret = 'a-jwt-secret-for-this-test-only-0123456789'
const { call, person, db, openTicket } = await startDesk(t, { JWT_SECRET: secret })

t.test('a key is shown once, and only its hash is kept', async (t) => {
  const made = await call('POST', '/v1/api-keys', {
    body: { name: 'Once' },
    headers: { 'idempotency-key': 'make-once' },
  })
  t.match(made.body.key, /^kk_[0-9a-z]{8}_[\w-]{49}$/)
  t.equal((await call('GET', '/v1/me', { key: made.body.key })).status, 200)
  const replay = await call('POST', '/v1/api-keys', {
    body: { name: 'Once' },
    headers: { 'idempotency-key': 'make-once' },
  })
  t.match(replay, { status: 201, body: { id: made.body.id, key: null } })
  const { rows: tables } = await db.query<{ name: string }>({
    text: `select table_name as name from information_schema.tables where table_schema in ('public', 'pgboss')`,
    values: [],
  })
  for (const { name } of tables) {
    const { rows } = await db
      .query<{ found: boolean }>({
        text: `select exists (select from ${name === name.toLowerCase() ? name : `"${name}"`} as r where r::text like '%' || $1 || '%') as found`,
        values: [made.body.key.slice(12)],
      })
      .catch(() => ({ rows: [] }))
    t.notOk(rows[0]?.found, `${name} does not hold it`)
  }
  t.notMatch((await call('GET', '/v1/api-keys?limit=100')).text, new RegExp(made.body.key.slice(12)))
})

t.test('a key with one bit changed, revoked, expired, or of somebody disabled is nobody', async (t) => {
  const { body } = await call('POST', '/v1/api-keys', { body: { name: 'Bits' } })
  for (const at of [4, 15, 40, body.key.length - 1]) {
    const changed = body.key.slice(0, at) + (body.key[at] === 'a' ? 'b' : 'a') + body.key.slice(at + 1)
    t.match(await call('GET', '/v1/me', { key: changed }), { status: 401, body: { code: 'unauthenticated' } })
  }
  t.equal((await call('DELETE', `/v1/api-keys/${body.id}`)).status, 204)
  await gone(t, body.key)

  const agent = await person('agent')
  await call('PATCH', `/v1/people/${agent.id}`, { body: { disabled: true } })
  await gone(t, agent.key)
  const soon = await call('POST', '/v1/api-keys', {
    body: { name: 'Soon', expiresAt: new Date(Date.now() + 300).toISOString() },
  })
  await gone(t, soon.body.key)
  t.match(await call('POST', '/v1/api-keys', { body: { name: 'Past', expiresAt: '2020-01-01T00:00:00.000Z' } }), {
    status: 422,
  })
})

/** Within the second that a credential is trusted for. */
async function gone(t: Test, key: string) {
  for (const until = Date.now() + 2_000; Date.now() < until; ) {
    if ((await call('GET', '/v1/me', { key })).status === 401) return t.pass('it is out')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.fail('it still works after two seconds')
}

t.test('a rotated key has a successor with the same rights, and ends', async (t) => {
  const { body: old } = await call('POST', '/v1/api-keys', { body: { name: 'Old', scopes: ['tickets:read'] } })
  const rotated = await call('POST', `/v1/api-keys/${old.id}/rotate`, { body: { overlapHours: 1 } })
  t.match(rotated, { status: 201, body: { scopes: ['tickets:read'], name: 'Old' } })
  t.equal((await call('GET', '/v1/tickets', { key: old.key })).status, 200, 'it goes on during the overlap')
  t.equal((await call('GET', '/v1/tickets', { key: rotated.body.key })).status, 200)
  await call('POST', `/v1/api-keys/${rotated.body.id}/rotate`)
  await gone(t, rotated.body.key)
})

t.test('people who do not work here make no keys, and nobody makes wider ones', async (t) => {
  const [ruth, agent, other] = await Promise.all([person('requester'), person('agent'), person('agent')])
  t.match(await call('POST', '/v1/api-keys', { key: ruth.key, body: { name: 'Mine' } }), { status: 403 })
  t.match(await call('GET', '/v1/api-keys', { key: ruth.key }), { status: 403 })
  t.match(await call('POST', '/v1/api-keys', { key: agent.key, body: { name: 'Theirs', personId: other.id } }), {
    status: 403,
  })
  t.match(await call('PATCH', `/v1/people/${agent.id}`, { key: agent.key, body: { role: 'admin' } }), { status: 403 })
  t.match(await call('POST', '/v1/people', { key: agent.key, body: { email: 'boss@example.com', role: 'admin' } }), {
    status: 403,
  })
  t.equal((await call('POST', '/v1/people', { key: agent.key, body: { email: 'customer@example.com' } })).status, 201)
  t.match(await call('POST', '/v1/people', { body: { email: 'CUSTOMER@example.com' } }), {
    status: 409,
    body: { code: 'email_taken' },
  })
})

t.test('the desk keeps an admin', async (t) => {
  const { body: admin } = await call('GET', '/v1/me')
  t.match(await call('PATCH', `/v1/people/${admin.id}`, { body: { role: 'agent' } }), {
    status: 409,
    body: { code: 'last_admin' },
  })
  t.match(await call('PATCH', `/v1/people/${admin.id}`, { body: { disabled: true } }), {
    status: 409,
    body: { code: 'last_admin' },
  })
})

t.test('a requester token acts as that requester, for a quarter of an hour', async (t) => {
  const minted = await call('POST', '/v1/auth/requester-tokens', { body: { email: 'Portal@Example.com' } })
  t.match(minted, { status: 201, body: { tokenType: 'Bearer', personId: /^per_/ } })
  const left = Date.parse(minted.body.expiresAt) - Date.now()
  t.ok(left > 890_000 && left <= 900_000)
  const opened = await openTicket({}, minted.body.accessToken)
  t.match(opened, { requesterId: minted.body.personId, channel: 'portal', assigneeId: null, tags: null })
  t.match(
    await call('POST', '/v1/tickets', {
      key: minted.body.accessToken,
      body: { subject: 'x', body: 'x', requester: { email: 'other@example.com' } },
    }),
    { status: 403 },
  )
  t.match(await call('POST', '/v1/auth/requester-tokens', { body: { personId: (await person('agent')).id } }), {
    status: 422,
  })
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (header: unknown, payload: unknown, key: string | Buffer, hash = 'sha256') => {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`
}

t.test('a forged token is nobody, whatever the forgery', async (t) => {
  const { body } = await call('POST', '/v1/auth/requester-tokens', { body: { email: 'forged@example.com' } })
  const [header = '', payload = '', signature = ''] = body.accessToken.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const HS = { alg: 'HS256', typ: 'JWT' }
  t.equal(
    (await call('GET', '/v1/me', { key: signed(HS, claims, secret) })).status,
    200,
    'the test signs as the desk does',
  )
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const now = Math.floor(Date.now() / 1_000)
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))
  const forgeries = [
    ...['none', 'None', 'NONE', ''].flatMap((alg) => [
      `${encode({ alg, typ: 'JWT' })}.${payload}.`,
      `${encode({ alg, typ: 'JWT' })}.${payload}.${signature}`,
    ]),
    signed(HS, claims, pem),
    signed(HS, claims, ` ${pem}`),
    signed(HS, claims, ''.padEnd(32, '\0')),
    signed({ alg: 'HS512', typ: 'JWT' }, claims, secret, 'sha512'),
    signed({ ...HS, alg: 'RS256' }, claims, secret),
    signed({ ...HS, crit: ['exp'] }, claims, `${secret}x`),
    signed(HS, { ...claims, exp: now - 600 }, secret),
    signed(HS, { ...claims, exp: String(now + 600) }, secret),
    signed(HS, { ...claims, nbf: now + 600 }, secret),
    signed(HS, { ...claims, iss: 'other' }, secret),
    signed(HS, { ...claims, aud: 'other' }, secret),
    signed(HS, { ...claims, sub: 'per_00000000000000000000000000' }, secret),
    ...['iss', 'aud', 'sub', 'jti', 'sid', 'exp', 'iat'].map((name) => signed(HS, without(name), secret)),
    `${header}.${encode({ ...claims, sub: 'per_x' })}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -2)}`,
    `${header}.${payload}.${signature}==`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${'A'.repeat(1_000)}`,
  ]
  for (const [n, forged] of forgeries.entries()) {
    const answer = await call('GET', '/v1/me', { key: forged })
    t.match(
      answer,
      { status: 401, body: { code: 'unauthenticated', detail: 'Say who you are: a valid API key or token is needed' } },
      `forgery ${n}`,
    )
  }
})

t.test('a checksum tells a mistyped key from a wrong one', async (t) => {
  for (let n = 0; n < 200; n++) {
    const key = newSecret()
    t.notOk(isMistyped(key))
    const at = 12 + (n % 40)
    t.ok(isMistyped(key.slice(0, at) + (key[at] === 'a' ? 'b' : 'a') + key.slice(at + 1)))
  }
})
