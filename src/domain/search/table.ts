import { boolean, customType, index, pgTable } from 'drizzle-orm/pg-core'
import { id } from '../../db/columns.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/**
 * What a search looks through: one row for each message, with its ticket's subject and requester, so that words may stand in any of them.
 * Made after the commit of the message: parsing and indexing it costs a database as much as all else that a reply does.
 */
export const searchTexts = pgTable(
  'search_texts',
  {
    messageId: id().primaryKey(),
    ticketId: id().notNull(),
    /** Whether the ticket's requester reads the message: a note must not be found by them, nor what is held. */
    public: boolean().notNull(),
    words: tsvector().notNull(),
  },
  (t) => [
    // what waits to be sorted in is read by every search: a megabyte at most
    index('search_texts_words').using('gin', t.words).with({ gin_pending_list_limit: 1024 }),
    index('search_texts_ticket').on(t.ticketId),
  ],
)

/** Messages whose text is not in the index as it is now: new ones by `writeMessage`, changed ones by triggers of the migration. */
export const searchPending = pgTable('search_pending', { messageId: id().notNull() })
