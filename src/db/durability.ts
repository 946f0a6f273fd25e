import { sql } from 'drizzle-orm'
import type { Connection } from './client.ts'
import { prepareSql } from './statement.ts'

const settings = prepareSql<object, { fsync: string; commit: string }>()(
  () => sql`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
)

/** Whether a commit of this server survives a power cut: 250 and 2xx are promised on that. */
export async function isDurable(db: Connection): Promise<boolean> {
  const [row] = (await db.query(settings.bind({}))).rows
  return row?.fsync === 'on' && row.commit !== 'off'
}
