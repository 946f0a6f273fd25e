import { pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'

/** Up to which message somebody has read a ticket; no row: nothing of it. */
export const ticketReads = withKey(
  pgTable(
    'ticket_reads',
    {
      personId: id().notNull(),
      ticketId: id().notNull(),
      messageId: id().notNull(),
      readAt: instant().notNull(),
    },
    (t) => [primaryKey({ columns: [t.personId, t.ticketId] })],
  ),
  'personId',
  'ticketId',
)
