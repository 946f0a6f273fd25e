import { addField } from '../domain/fields/add-field.ts'
import { changeField } from '../domain/fields/change-field.ts'
import { fieldQuery, fieldsQuery, typeSchema } from '../domain/fields/queries.ts'
import { removeField } from '../domain/fields/remove-field.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Key = { key: string }

export const fieldResolvers = {
  Query: {
    fields: (_root: unknown, _args: object, { desk }: Context) => desk.read(fieldsQuery, {}),
    field: (_root: unknown, { key }: Key, { desk }: Context) => orNull(desk.read(fieldQuery, { key })),
    typeSchema: (_root: unknown, { key }: Key, { desk }: Context) => orNull(desk.read(typeSchema, { key })),
  },
  Mutation: { ...mutation(addField), ...mutation(changeField), ...mutation(removeField) },
}
