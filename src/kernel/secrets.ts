import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { pgTable, text } from 'drizzle-orm/pg-core'
import type { Connection } from '../db/client.ts'
import { bytes, instant } from '../db/columns.ts'
import { build, prepare, prepareSql, rowOf } from '../db/statement.ts'

/** Keys that the desk makes for itself, in the database so that all its processes share them. */
export const secretsTable = pgTable('secrets', {
  name: text().primaryKey(),
  value: bytes().notNull(),
  createdAt: instant().notNull(),
})

export interface Secrets {
  /** Signs access tokens (HS256). */
  jwt: Uint8Array
  /** Signs list cursors. */
  cursor: Uint8Array
  /** Signs reply addresses, by key id (one letter): the first is in use, the others still open old addresses. */
  reply: { kid: string; key: Uint8Array }[]
  /** Names this desk in outbound mail, so that loops are seen. Not secret. */
  instanceId: string
}

const SECRET_BYTES = 32
const NAMES = ['jwt', 'cursor', 'instance', 'reply:a']

const put = prepareSql<{ name: string; value: Uint8Array }, never>()(
  ($) =>
    sql`insert into secrets (name, value, created_at) values (${$.name}, ${$.value}::bytea, now()) on conflict do nothing`,
)
const all = prepare()(() => build.select(rowOf(secretsTable)).from(secretsTable).orderBy(secretsTable.createdAt))

/** Makes what is missing; with several first starts at once one of them wins and all read the same. */
export async function loadSecrets(db: Connection, jwtSecret: string | undefined): Promise<Secrets> {
  for (const name of NAMES) await db.query(put.bind({ name, value: randomBytes(SECRET_BYTES) }))
  const { rows } = await db.query(all.bind({}))
  const secretOf = (name: string): Uint8Array => {
    const row = rows.find((candidate) => candidate.name === name)
    if (!row) throw new Error(`the secret ${name} is missing`)
    return row.value
  }
  return {
    jwt: jwtSecret ? Buffer.from(jwtSecret) : secretOf('jwt'),
    cursor: secretOf('cursor'),
    reply: rows
      .filter(({ name }) => name.startsWith('reply:'))
      .reverse()
      .map(({ name, value }) => ({ kid: name.slice('reply:'.length), key: value })),
    instanceId: Buffer.from(secretOf('instance')).subarray(0, 12).toString('hex'),
  }
}
