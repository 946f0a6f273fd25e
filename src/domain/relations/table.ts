import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { LinkKind } from './schema.ts'

/** Links between tickets, each once: of `relates` the older ticket stands first. */
export const ticketLinks = pgTable(
  'ticket_links',
  {
    id: id().primaryKey(),
    kind: text().$type<LinkKind>().notNull(),
    fromId: id().notNull(),
    toId: id().notNull(),
    createdById: id(),
    createdAt: instant().notNull(),
  },
  (t) => [uniqueIndex('ticket_links_once').on(t.fromId, t.toId, t.kind), index('ticket_links_to').on(t.toId)],
)
