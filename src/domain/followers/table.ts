import { index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { FollowerSource } from './schema.ts'

/** Who receives the public replies of a ticket beside its requester. */
export const ticketFollowers = withKey(
  pgTable(
    'ticket_followers',
    {
      // no foreign keys: whoever writes here holds the ticket's lock
      ticketId: id().notNull(),
      personId: id().notNull(),
      source: text().$type<FollowerSource>().notNull(),
      addedById: id(),
      createdAt: instant().notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.ticketId, t.personId] }),
      index('ticket_followers_person').on(t.personId, t.ticketId),
    ],
  ),
  'ticketId',
  'personId',
)
