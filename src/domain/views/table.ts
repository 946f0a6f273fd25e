import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import type { ViewOwner } from './schema.ts'

/** Saved conditions on tickets, with how to show what they find. The shipped ones are rows like any other. */
export const views = pgTable(
  'views',
  {
    key: id().primaryKey(),
    name: text().notNull(),
    owner: text().$type<ViewOwner>().notNull(),
    /** The person or team whose it is; empty where it is shared. */
    ownerId: id(),
    condition: jsonb().$type<Condition>().notNull(),
    sort: text().notNull(),
    group: text(),
    columns: text().array().notNull(),
    position: integer().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (t) => [index('views_owner').on(t.owner, t.ownerId)],
)
