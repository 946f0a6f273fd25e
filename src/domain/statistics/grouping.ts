import { type SQL, sql } from 'drizzle-orm'
import { tickets } from '../tickets/table.ts'
import type { Span, TicketGroup } from './schema.ts'

/** Something to sum by. */
export interface Grouping {
  /** What is grouped by, as cheap as can be: it is worked out for each row. */
  value: SQL
  /** The value as a key, worked out for each group. */
  key?(value: SQL): SQL
  /** The value for people to read, where its key is not so already. */
  name?(value: SQL): SQL
}

export const personName = (key: SQL) => sql`(select coalesce(name, email) from people where id = ${key})`
export const teamName = (key: SQL) => sql`(select name from teams where id = ${key})`
export const organizationName = (key: SQL) => sql`(select name from organizations where id = ${key})`

/** A ticket as it is now. */
export const ticketGroupings: Record<TicketGroup, Grouping> = {
  type: { value: sql`${tickets.type}` },
  status: { value: sql`${tickets.status}` },
  statusCategory: { value: sql`${tickets.statusCategory}` },
  priority: { value: sql`${tickets.priority}` },
  category: { value: sql`${tickets.category}` },
  project: { value: sql`${tickets.project}` },
  channel: { value: sql`${tickets.channel}` },
  team: { value: sql`${tickets.teamId}`, name: teamName },
  assignee: { value: sql`${tickets.assigneeId}`, name: personName },
  requester: { value: sql`${tickets.requesterId}`, name: personName },
  organization: { value: sql`${tickets.organizationId}`, name: organizationName },
}

const FORMS: Record<Span, SQL> = { day: sql`'YYYY-MM-DD'`, week: sql`'IYYY-"W"IW'`, month: sql`'YYYY-MM'` }

/** The day, week (ISO 8601) or month of a moment, by the clocks of a zone. */
export const spanOf = (span: Span, at: SQL, zone: SQL): Grouping => ({
  value: sql`date_trunc(${sql.raw(`'${span}'`)}, ${at} at time zone ${zone})`,
  key: (value) => sql`to_char(${value}, ${FORMS[span]})`,
})

const column = (n: number): SQL => sql.raw(`k${n}`)
const listOf = (parts: readonly SQL[]): SQL => sql`array[${sql.join([...parts], sql`, `)}]::text[]`

/** The values as columns `k0`, `k1` and so on, in front of others. */
export const valuesOf = (groups: readonly Grouping[]): SQL =>
  sql.join(
    groups.map(({ value }, n) => sql`${value} as ${column(n)}, `),
    sql``,
  )

/** Those columns: `k0, k1`, and what stands behind the last where there is one. */
export const columnsOf = (groups: readonly unknown[], behind = ''): SQL =>
  groups.length ? sql.raw(`${groups.map((_, n) => `k${n}`).join(', ')}${behind}`) : sql``

/** `group by k0, k1`; of no groups one for all, where there is anything. */
export const groupedBy = (groups: readonly unknown[]): SQL =>
  groups.length ? sql`group by ${columnsOf(groups)}` : sql`having count(*) > 0`

const keyAt = ({ key = (value) => value }: Grouping, n: number): SQL => key(column(n))

/** Keys and names of groups, from their columns. */
export const toldOf = (groups: readonly Grouping[]): SQL =>
  sql`${listOf(groups.map(keyAt))} as keys, ${listOf(groups.map((group, n) => (group.name ? group.name(column(n)) : keyAt(group, n))))} as names`

/** `order by k0, k1`, where there are any. */
export const inOrderOf = (groups: readonly unknown[]): SQL =>
  groups.length ? sql`order by ${columnsOf(groups)}` : sql``
