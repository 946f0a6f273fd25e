import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { type Whose, whose } from './places.ts'

const known = prepareSql<{ id: string }, { address: string }>()(
  ($) =>
    sql`select e.address from person_emails e where e.person_id = ${$.id} union select lower(p.email) from people p where p.id = ${$.id}`,
)

/** The record of a person and all that names them. */
export async function whoseIs(connection: Connection, id: string): Promise<Whose> {
  const { rows } = await connection.query(known.bind({ id }))
  return whose(
    [id],
    rows.map(({ address }) => address),
  )
}
