import type { Static, TSchema } from 'typebox'
import type { Command } from '../kernel/desk.ts'
import type { Context } from './context.ts'

type Args<I extends TSchema> = { input: Static<I> }
type Resolver<I extends TSchema, R> = (root: unknown, args: Args<I>, context: Context) => Promise<R>

/** A GraphQL mutation is a command by its own name: no logic fits in between. */
export const mutation = <I extends TSchema, S, R>(command: Command<I, S, R>): Record<string, Resolver<I, R>> => ({
  [command.name]: (_root, { input }, context) => run(command, plain(input), context),
})

/** Runs a command, once where the caller gave a key. */
export async function run<I extends TSchema, S, R>(
  command: Command<I, S, R>,
  input: Static<I>,
  { desk, idempotencyKey, onReplay }: Context,
): Promise<R> {
  if (idempotencyKey === undefined) return desk.execute(command, input)
  const { result, replayed } = await desk.executeOnce(command, input, idempotencyKey)
  if (replayed) onReplay()
  return result
}

// graphql-js makes input objects without a prototype; the rest of the house sees plain ones
const plain = <T>(input: T): T => ({ ...input })
