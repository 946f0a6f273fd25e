import { boolean, doublePrecision, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { CustomField, FieldOption, FieldType } from './schema.ts'

/** Never deleted: a key whose values lie in tickets keeps its type. */
export const customFields = pgTable('custom_fields', {
  key: id().primaryKey(),
  type: text().$type<FieldType>().notNull(),
  name: text().notNull(),
  description: text(),
  options: jsonb().$type<FieldOption[]>(),
  minimum: doublePrecision(),
  maximum: doublePrecision(),
  minLength: integer(),
  maxLength: integer(),
  visibility: text().$type<CustomField['visibility']>().notNull(),
  editing: text().$type<CustomField['editing']>().notNull(),
  types: text().array(),
  position: integer().notNull(),
  required: boolean().notNull(),
  defaultValue: jsonb().$type<unknown>(),
  retired: boolean().notNull(),
  version: integer().notNull(),
  createdAt: instant().notNull(),
  updatedAt: instant().notNull(),
})
