import { mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import type { Db, Rows } from './client.ts'
import { merging } from './merging.ts'
import { parsers } from './parsers.ts'
import type { Sql } from './statement.ts'
import { TSVECTOR, TSVECTOR_ARRAY } from './vectors.ts'

/** PGlite sends bytes as they are, though its types ask for text. */
const asBytes = (bytes: Uint8Array): string => bytes as unknown as string
const serializers = { [TSVECTOR]: asBytes, [TSVECTOR_ARRAY]: asBytes }

/** PGlite on a folder, or in memory without one. `image` is a data directory dumped earlier, which spares the making of a new one. */
export async function openPglite(dataDir?: string, image?: Blob): Promise<Db> {
  if (dataDir) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lite = await PGlite.create({
    ...(dataDir ? { dataDir } : {}),
    ...(image ? { loadDataDir: image } : {}),
    parsers,
    serializers,
  })
  await lite.exec(`set timezone = 'UTC'; set datestyle = 'ISO'`)
  const run = async <R>(on: Pick<PGlite, 'query'>, { text, values }: Sql<R>): Promise<Rows<R>> => {
    const { rows, affectedRows } = await on.query<R>(text, values)
    return { rows, rowCount: affectedRows ?? rows.length }
  }
  const shared = merging({ query: (statement) => run(lite, statement) })

  return {
    kind: 'pglite',
    native: lite,
    query: shared.query,
    batch: async (first, second) => [await run(lite, first), await run(lite, second)],
    reading: (work) => work(shared),
    write: async (statements) => {
      const [only] = statements
      if (only && statements.length === 1) return void (await run(lite, only))
      await lite.transaction(async (tx) => {
        for (const statement of statements) await run(tx, statement)
      })
    },
    script: async (text) => void (await lite.exec(text)),
    close: () => lite.close(),
    holdLock: async () => async () => {},
    // a Tx is an object of ours, not PGlite's: `commit` only runs the last statement, PGlite commits when the work ends
    transaction: (work) =>
      lite.transaction((tx) =>
        work({
          query: (statement) => run(tx, statement),
          commit: async (last) => void (last && (await run(tx, last))),
        }),
      ),
  }
}
