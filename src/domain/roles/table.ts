import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { TicketAccess } from '../../kernel/actor.ts'
import type { RoleKind } from './schema.ts'

/** The roles of the desk's own; the shipped ones are no rows. */
export const roles = pgTable('roles', {
  key: id().primaryKey(),
  name: text().notNull(),
  kind: text().$type<RoleKind>().notNull(),
  ticketAccess: text().$type<TicketAccess>().notNull(),
  organizationTickets: boolean().notNull(),
  permissions: text().array().notNull(),
  changeable: text().array().notNull(),
  version: integer().notNull(),
  createdAt: instant().notNull(),
  updatedAt: instant().notNull(),
})
