import t from 'tap'
import { startDesk } from './support/desk.ts'
import { loginOn, PASSWORD } from './support/login.ts'

const desk = await startDesk(t, { SMTP_RELAY_URL: 'smtp://127.0.0.1:1', PORTAL_URL: 'https://portal.example' })
const { call, db, graphql } = desk
const { from, logIn, member } = loginOn(desk)

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
