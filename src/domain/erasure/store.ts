import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { type Whose, whose } from './places.ts'

const known = prepareSql<{ id: string }, { ids: string[]; addresses: string[] }>()(
  ($) => sql`select array(select p.id from people p where p.id = ${$.id} or p.merged_into_id = ${$.id}) as ids,
    array(select e.address from person_emails e where e.person_id = ${$.id} union select lower(p.email) from people p where p.id = ${$.id}) as addresses`,
)

/** The records of a person, those that were merged into theirs among them, and all that names them. */
export async function whoseIs(connection: Connection, id: string): Promise<Whose> {
  const [row] = (await connection.query(known.bind({ id }))).rows
  return whose(row?.ids ?? [], row?.addresses ?? [])
}
