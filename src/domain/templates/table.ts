import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import { withKey } from '../../kernel/write-set.ts'
import type { BodyFormat } from '../conversations/body.ts'
import type { TemplateText } from './schema.ts'

export const templates = withKey(
  pgTable('templates', {
    key: id().primaryKey(),
    name: text().notNull(),
    folder: text(),
    subject: text(),
    body: text().notNull(),
    format: text().$type<BodyFormat>().notNull(),
    locales: jsonb().$type<Record<string, TemplateText>>().notNull(),
    /** How often it became a reply. */
    useCount: integer().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  }),
  'key',
)
