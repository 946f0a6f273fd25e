import { type SQL, sql } from 'drizzle-orm'
import { tickets } from '../tickets/table.ts'
import type { Span, TicketGroup } from './schema.ts'

/** Something to sum by. */
export interface Grouping {
  key: SQL
  /** The key for people to read, where it is not so already. */
  name?(key: SQL): SQL
}

export const personName = (key: SQL) => sql`(select coalesce(name, email) from people where id = ${key})`
export const teamName = (key: SQL) => sql`(select name from teams where id = ${key})`
export const organizationName = (key: SQL) => sql`(select name from organizations where id = ${key})`

/** A ticket as it is now. */
export const ticketGroupings: Record<TicketGroup, Grouping> = {
  type: { key: sql`${tickets.type}` },
  status: { key: sql`${tickets.status}` },
  statusCategory: { key: sql`${tickets.statusCategory}` },
  priority: { key: sql`${tickets.priority}` },
  category: { key: sql`${tickets.category}` },
  project: { key: sql`${tickets.project}` },
  channel: { key: sql`${tickets.channel}` },
  team: { key: sql`${tickets.teamId}`, name: teamName },
  assignee: { key: sql`${tickets.assigneeId}`, name: personName },
  requester: { key: sql`${tickets.requesterId}`, name: personName },
  organization: { key: sql`${tickets.organizationId}`, name: organizationName },
}

const FORMS: Record<Span, SQL> = { day: sql`'YYYY-MM-DD'`, week: sql`'IYYY-"W"IW'`, month: sql`'YYYY-MM'` }

/** The day, week (ISO 8601) or month of a moment, by the clocks of a zone. */
export const spanOf = (span: Span, at: SQL, zone: SQL): Grouping => ({
  key: sql`to_char(${at} at time zone ${zone}, ${FORMS[span]})`,
})

export const listOf = (parts: readonly SQL[]): SQL => sql`array[${sql.join([...parts], sql`, `)}]::text[]`

/** The names of the keys that stand in `counted.keys`. */
export const namesOf = (groups: readonly Grouping[]): SQL =>
  listOf(groups.map(({ name = (key) => key }, n) => name(sql`counted.keys[${sql.raw(String(n + 1))}]`)))
