import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'

// whoever stores the same bytes at this moment has found them there, and refers to them by their commit: it is waited for
const lock = prepareSql<object, never>()(() => sql`lock table blobs in share row exclusive mode`)

const remove = prepareSql<{ sha256: string[] }, never>()(
  ($) => sql`with gone as (delete from blobs b where b.sha256 = any(${$.sha256}::text[])
      and not exists (select from attachments a where a.sha256 = b.sha256)
      and not exists (select from inbound_mails i where i.sha256 = b.sha256) returning b.sha256)
    delete from blob_chunks where sha256 in (select sha256 from gone)`,
)

/** Removes bytes that nothing refers to any more: the same bytes may be somebody else's, too. */
export async function removeBlobs({ query }: CommandContext, sha256: readonly string[]): Promise<void> {
  if (!sha256.length) return
  await query(lock.bind({}))
  await query(remove.bind({ sha256: [...new Set(sha256)] }))
}
