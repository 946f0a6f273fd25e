import { asc, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Role as ShippedRole } from '../../kernel/actor.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { actsAs, shippedRole } from './decide.ts'
import type { Role } from './schema.ts'
import { roles } from './table.ts'

export type RoleRow = typeof roles.$inferSelect

export const shownRole = ({ createdAt: _c, updatedAt: _u, ...role }: RoleRow): Role => ({ ...role, isShipped: false })

const all = prepare()(() => build.select(rowOf(roles)).from(roles).orderBy(asc(roles.key)))
export const ownRoles = async (connection: Connection): Promise<RoleRow[]> =>
  (await connection.query(all.bind({}))).rows

const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(roles)).from(roles).where(eq(roles.key, $.key)).for('update'),
)

/** A role of the desk's own, locked; a shipped one is fixed. */
export async function lockRole(tx: Connection, key: string): Promise<RoleRow> {
  if (shippedRole(key)) throw new Problem('role_is_shipped')
  const [role] = (await tx.query(locked.bind({ key }))).rows
  if (!role) throw new Problem('role_not_found')
  return role
}

const held = prepareSql<{ key: string }, Pick<RoleRow, 'kind'>>()(
  ($) => sql`select kind from ${roles} where key = ${$.key} for share`,
)

/** The shipped role that a role is, or acts as; one of the desk's own stays until the commit. Undefined where there is none. */
export async function heldRole(tx: Connection, key: string): Promise<ShippedRole | undefined> {
  const shipped = shippedRole(key)
  if (shipped) return shipped
  const [found] = (await tx.query(held.bind({ key }))).rows
  return found && actsAs(found.kind)
}

/** A role that is given to somebody must be there. */
export const refuseUnknown = (key: string | undefined, actsAs: ShippedRole | undefined): Problem | undefined =>
  key === undefined || actsAs ? undefined : invalid('/role', 'not_found', `${key} is no role`)

const having = prepareSql<{ key: string }, { count: number }>()(
  ($) => sql`select count(*)::int as count from people where role = ${$.key}`,
)

/** How many people have a role. */
export const countHaving = async (tx: Connection, key: string): Promise<number> =>
  (await tx.query(having.bind({ key }))).rows[0]?.count ?? 0

/** All who have one role have another. */
export const giveInstead = prepareSql<{ key: string; to: string; actsAs: string; now: string }, never>()(
  ($) => sql`update people set role = ${$.to}, acts_as = ${$.actsAs}, version = version + 1, updated_at = ${$.now}
    where role = ${$.key}`,
)
