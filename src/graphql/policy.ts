import { type GraphQLSchema, isObjectType } from 'graphql'
import { isWrapper, twins } from './twins.ts'

type Fields = Record<string, Record<string, unknown>>

/** No field without somebody who decides: a resolver over a command or query, a loader, or a property of a resource that a query selects. */
export function assertEveryFieldIsDecided(schema: GraphQLSchema, resolvers: Fields, loaders: Fields): void {
  const undecided = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || type.name.startsWith('__') || isWrapper(type.name)) return []
    const twin = twins[type.name]
    const properties: object = twin && 'properties' in twin ? (twin.properties as object) : {}
    const decided = (field: string) =>
      Object.hasOwn(properties, field) ||
      resolvers[type.name]?.[field] !== undefined ||
      loaders[type.name]?.[field] !== undefined
    return Object.keys(type.getFields())
      .filter((field) => !decided(field))
      .map((field) => `${type.name}.${field}`)
  })
  if (undecided.length) throw new Error(`schema.graphql has fields without a policy: ${undecided.join(', ')}`)
}
