import { sql } from 'drizzle-orm'
import type { Connection } from '../db/client.ts'
import { prepareSql } from '../db/statement.ts'

const lock = prepareSql<object, { id: number }>()(() => sql`select id from versions for update`)
const rise = prepareSql<object, never>()(() => sql`update versions set vocabulary = vocabulary + 1`)

/** Changes of the configuration happen one after another: whoever counts or compares first waits for those before. */
export const lockConfiguration = async (tx: Connection): Promise<void> => void (await tx.query(lock.bind({})))

const riseRules = prepareSql<object, never>()(() => sql`update versions set rules = rules + 1`)

/** Rules have changed: every process compiles them anew with its next transaction. */
export const bumpRules = async ({ query }: Pick<Connection, 'query'>): Promise<void> =>
  void (await query(riseRules.bind({})))

/** Configuration has changed: every process loads it anew with its next transaction. */
export const bumpVocabulary = async ({ query }: Pick<Connection, 'query'>): Promise<void> =>
  void (await query(rise.bind({})))
