import { cancelJob } from '../domain/bulk/cancel-job.ts'
import { changeTickets } from '../domain/bulk/change-tickets.ts'
import { job } from '../domain/bulk/queries.ts'
import { startBulkChange } from '../domain/bulk/start-bulk-change.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

export const bulkResolvers = {
  Query: { job: (_root: unknown, { id }: { id: string }, { desk }: Context) => orNull(desk.read(job, { jobId: id })) },
  Mutation: { ...mutation(changeTickets), ...mutation(startBulkChange), ...mutation(cancelJob) },
}
