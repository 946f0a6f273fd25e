import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { Action } from '../rules/schema.ts'

export const macros = withKey(
  pgTable('macros', {
    key: id().primaryKey(),
    name: text().notNull(),
    folder: text(),
    /** What is replied, before the actions. */
    template: id(),
    actions: jsonb().$type<Action[]>().notNull(),
    useCount: integer().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  }),
  'key',
)
