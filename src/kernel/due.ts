import { and, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { prepareSql } from '../db/statement.ts'
import type { Group } from './actor.ts'
import { defineQuery } from './desk.ts'
import { NoInput } from './schema.ts'

/** What is due, by the ids of what it is due on. */
export interface Due {
  ids: readonly string[]
  /** How long until what is due next; null: nothing is in sight. */
  nextInMs: number | null
}

interface Named {
  name: string
  group: Group
}

interface Dues extends Named {
  from: PgTable
  /** When a row is due; one without is never. */
  at: PgColumn
  /** On what it is due. */
  id: PgColumn
  /** The rows that are due at all. */
  where?: SQL
}

const LOOK_MAX = 200

/** What is due by the database's clock, and how long it is until the next. A batch: of so many rows as one look takes. Internal. */
export const dueQuery = ({ name, group, from, at, id, where }: Dues) =>
  dueIn(
    { name, group },
    sql`select ${id} as id, ${at} as at from ${from} where ${and(isNotNull(at), where)} order by ${at}`,
  )

/** The same for what no column says: `dues` selects `id` and `at`, in the order in which they are due. */
export function dueIn({ name, group }: Named, dues: SQL) {
  const next = prepareSql<object, { id: string; inMs: number }>()(
    () => sql`select id, (extract(epoch from at - now()) * 1000)::float8 as "inMs"
      from (${dues} limit ${sql.raw(String(LOOK_MAX))}) dues order by at`,
  )
  return defineQuery({
    name,
    group,
    input: NoInput,
    refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

    async read({ db }): Promise<Due> {
      const { rows } = await db.query(next.bind({}))
      const due = rows.filter(({ inMs }) => inMs <= 0)
      return { ids: [...new Set(due.map(({ id }) => id))], nextInMs: rows[due.length]?.inMs ?? null }
    },
  })
}
