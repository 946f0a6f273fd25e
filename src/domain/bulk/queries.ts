import { sql } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { isAdmin } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { type Job, JobAct } from './schema.ts'
import { shownJob } from './store.ts'
import { bulkJobs } from './table.ts'

const { ticketIds: _, ...columns } = rowOf(bulkJobs)
const byId = prepare<{ id: string; maker: string; all: boolean }>()(($) =>
  build
    .select(columns)
    .from(bulkJobs)
    .where(sql`${bulkJobs.id} = ${$.id} and (${$.all}::boolean or ${bulkJobs.createdById} = ${$.maker})`),
)

/** How far a job is: one's own, or for admins anybody's. */
export const job = defineQuery({
  name: 'job',
  group: 'tickets',
  input: JobAct,
  refuse: () => undefined,

  async read({ db, actor }, { jobId }): Promise<Job> {
    const [row] = (await db.query(byId.bind({ id: jobId, maker: actor.id, all: isAdmin(actor) }))).rows
    if (!row) throw new Problem('job_not_found')
    return shownJob(row)
  },
})
