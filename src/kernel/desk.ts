import type { Static, TSchema } from 'typebox'
import type { Reader } from '../db/client.ts'
import { type Actor, type Group, hasScope, permits } from './actor.ts'
import { check } from './check.ts'
import { type Instant, instantOf } from './clock.ts'
import { createCommits } from './commits.ts'
import { type Command, type Refusal, throwIfRefused } from './context.ts'
import { claimOf } from './idempotency.ts'
import type { KeptRows } from './kept-rows.ts'
import { Problem } from './problems.ts'
import { type DeskParts, type House, type Origin, perform } from './runs.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { type Cached, type Memory, remembered, type Versions, versionsOf } from './versions.ts'

export interface QueryContext {
  db: Reader
  actor: Actor
  now: Instant
  secrets: Secrets
  settings: Settings
  cached<T>(part: Cached<T>): Promise<T>
  kept: KeptRows
}

/** One read: visibility is in its WHERE, `refuse` says whether this actor may ask at all. */
export interface Query<I extends TSchema, R> {
  name: string
  group: Group
  input: I
  refuse(actor: Actor, input: Static<I>): Refusal
  read(context: QueryContext, input: Static<I>): Promise<R>
}

export type { Command, SubjectContext } from './context.ts'

export const defineCommand = <I extends TSchema, S, R, B = unknown>(
  command: Command<I, S, R, B>,
): Command<I, S, R, B> => command

export const defineQuery = <I extends TSchema, R>(query: Query<I, R>): Query<I, R> => query

/** What an adapter holds: two methods, for one actor. */
export interface Session {
  actor: Actor
  read<I extends TSchema, R>(query: Query<I, R>, input: Static<I>): Promise<R>
  execute<I extends TSchema, S, R>(command: Command<I, S, R>, input: Static<I>): Promise<R>
  /** With an Idempotency-Key: the first success is stored with its effect, a repeat answers it. */
  executeOnce<I extends TSchema, S, R>(
    command: Command<I, S, R>,
    input: Static<I>,
    key: string,
  ): Promise<{ result: R; replayed: boolean }>
}

export interface Desk {
  as(actor: Actor, origin: Origin): Session
}

/** The one door: every change is a command run here, every read a query. */
export function createDesk(parts: DeskParts): Desk {
  const house: House = { parts, memory: { values: new Map(), rows: new Map() }, commits: createCommits(parts.db) }

  const as = (actor: Actor, origin: Origin): Session => {
    const run = async <I extends TSchema, S, R>(command: Command<I, S, R>, input: Static<I>, key?: string) => {
      if (!hasScope(actor, command.group, 'write', command.name))
        throw new Problem('missing_scope', { detail: `It takes the scope ${command.group}:write or ${command.name}.` })
      if (!permits(actor, command)) throw new Problem('forbidden')
      const checked = check(command.input, input)
      const claim = key === undefined || command.everyTime ? undefined : claimOf(actor, command.name, key, checked)
      const now = instantOf(parts.clock())
      const before = await command.before?.({ db: parts.db, actor, now, peer: origin.peer ?? null }, checked)
      return perform(house, { by: { actor, ...origin }, command, input: checked, claim, before })
    }
    return {
      actor,
      execute: async (command, input) => (await run(command, input)).result,
      executeOnce: (command, input, key) => run(command, input, key),
      read: (query, input) => read(house, actor, query, input),
    }
  }
  return { as }
}

async function read<I extends TSchema, R>(
  { parts, memory }: House,
  actor: Actor,
  query: Query<I, R>,
  input: Static<I>,
): Promise<R> {
  if (!hasScope(actor, query.group, 'read'))
    throw new Problem('missing_scope', { detail: `It takes the scope ${query.group}:read.` })
  const checked = check(query.input, input)
  throwIfRefused(query.refuse(actor, checked))
  const { db, secrets, settings } = parts
  const readWith = (cached: QueryContext['cached']) =>
    query.read({ db, actor, now: instantOf(parts.clock()), cached, kept: memory.rows, secrets, settings }, checked)
  return readRemembering(memory, db, readWith)
}

/**
 * What is remembered is taken for true, and looked at in the same round trip: a read that was wrong about it is made once more. So an answer
 * never rests on anything older than itself.
 */
async function readRemembering<R>(
  memory: Memory,
  db: Reader,
  readWith: (cached: QueryContext['cached']) => Promise<R>,
): Promise<R> {
  let versions: Promise<Versions> | undefined
  const current = () => {
    versions ??= versionsOf(memory, db)
    return versions
  }
  const { versions: assumed } = memory
  if (assumed) {
    const parts = new Set<keyof Versions>()
    const isTrue = async () => {
      if (!parts.size) return true
      const now = await current()
      return [...parts].every((part) => now[part] === assumed[part])
    }
    const reading = readWith((cached) => {
      parts.add(cached.part)
      current().catch(() => {}) // who needs it hears of it
      return remembered(memory, cached, assumed, db)
    })
    const [read] = await Promise.allSettled([reading])
    if (read.status === 'fulfilled' ? await isTrue() : await isTrue().catch(() => true)) return reading
  }
  return readWith(async (cached) => remembered(memory, cached, await current(), db))
}
