import { boolean, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'

/** Whom people ask for: a customer, a department. */
export const organizations = pgTable('organizations', {
  id: id().primaryKey(),
  name: text().notNull(),
  domains: text().array().notNull(),
  note: text(),
  /** Whether its people read the tickets of one another. */
  sharesTickets: boolean().notNull(),
  version: integer().notNull(),
  createdAt: instant().notNull(),
  updatedAt: instant().notNull(),
})

/** Whose a domain is: normalised, and nobody else's. */
export const organizationDomains = pgTable(
  'organization_domains',
  {
    domain: id().primaryKey(),
    organizationId: id()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
  },
  (t) => [index('organization_domains_organization').on(t.organizationId)],
)
