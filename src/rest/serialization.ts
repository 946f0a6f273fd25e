import { type Serializer, type SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler'

const compilers = SerializerSelector()

/**
 * Fastify's own serializers, each compiled with the first answer that needs it: to compile all of them is a sixth of the time that a
 * start takes. A schema that cannot be compiled is found where the contract is printed, which compiles them all.
 */
export const lazySerializers: SerializerFactory = (schemas, options) => {
  const compile = compilers(schemas, options)
  return (route) => {
    let serialize: Serializer | undefined
    return (body) => {
      serialize ??= compile(route)
      return serialize(body)
    }
  }
}
