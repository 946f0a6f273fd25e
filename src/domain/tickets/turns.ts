import { sql } from 'drizzle-orm'
import { pgTable } from 'drizzle-orm/pg-core'
import type { Connection } from '../../db/client.ts'
import { id } from '../../db/columns.ts'
import { prepareSql } from '../../db/statement.ts'
import { withKey } from '../../kernel/write-set.ts'

/** Whose turn it was last, for each group that takes turns. */
export const assignmentTurns = withKey(
  pgTable('assignment_turns', { key: id().primaryKey(), lastPersonId: id() }),
  'key',
)

export interface Turn {
  row: typeof assignmentTurns.$inferSelect
  /** Who is next; undefined where nobody can have tickets. */
  nextId: string | undefined
}

// the row is locked from here to the commit: two tickets at once do not both see the same turn
const take = prepareSql<{ key: string }, { key: string; lastPersonId: string | null }>()(
  ($) => sql`insert into assignment_turns (key) values (${$.key}) on conflict (key) do update set key = excluded.key
    returning key, last_person_id as "lastPersonId"`,
)
const candidates = prepareSql<{ teamId: string | null }, { id: string }>()(
  ($) => sql`select id from people where support_team and disabled_at is null
    and (${$.teamId}::text is null or exists (select 1 from team_members m where m.team_id = ${$.teamId} and m.person_id = people.id))
    order by id limit 1000`,
)

/** Round robin: the next after whoever was last, of a team or of the whole support team, in the order of their ids; fair across processes. */
export async function takeTurn(tx: Connection, teamId: string | null): Promise<Turn> {
  const key = `round_robin ${teamId ?? 'everybody'}`
  const [turns, able] = await Promise.all([tx.query(take.bind({ key })), tx.query(candidates.bind({ teamId }))])
  const row = turns.rows[0] ?? { key, lastPersonId: null }
  const ids = able.rows.map((person) => person.id)
  return { row, nextId: ids.find((each) => each > (row.lastPersonId ?? '')) ?? ids[0] }
}
