import { scryptSync } from 'node:crypto'
import type { Test } from 'tap'
import type { TestDesk } from './desk.ts'

export const PASSWORD = 'correct horse battery'

/** Its hash at a hundredth of what one costs today: a password that was set in older times works, too. */
const HASH = [
  'scrypt',
  10,
  8,
  1,
  'c2FsdA',
  scryptSync(PASSWORD, 'salt', 32, { N: 2 ** 10 }).toString('base64url'),
].join('$')

/** How people get in, on a desk. */
export function loginOn({ app, call, db, person }: TestDesk) {
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

  /** Whether a text stands in any row of any table. */
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

  return { from, ask, logIn, refresh, member, gone, keptAnywhere }
}
