import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { cancelJob } from '../domain/bulk/cancel-job.ts'
import { changeTickets } from '../domain/bulk/change-tickets.ts'
import { job } from '../domain/bulk/queries.ts'
import { BulkChange, BulkResult, Job } from '../domain/bulk/schema.ts'
import { startBulkChange } from '../domain/bulk/start-bulk-change.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Tickets'

/** Many tickets at once, and jobs. */
export function bulkRoutes(app: FastifyInstance): void {
  for (const schema of [BulkResult, BulkChange, Job]) app.addSchema(schema)
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/bulk',
    command: changeTickets,
    status: 200,
    response: Type.Ref('BulkChange'),
    tag,
    summary: 'Do actions to up to a hundred tickets, each on its own',
  })
  const response = Type.Ref('Job')
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/bulk-jobs',
    command: startBulkChange,
    status: 202,
    response,
    location: ({ id }) => `/v1/jobs/${id}`,
    tag,
    summary: 'Do actions to many tickets, by a job',
    problems: ['too_many_jobs'],
  })
  queryRoute(app, {
    url: '/jobs/:jobId',
    query: job,
    response,
    tag: 'Jobs',
    summary: 'How far a job is',
    problems: ['job_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/jobs/:jobId/cancel',
    command: cancelJob,
    status: 200,
    response,
    tag: 'Jobs',
    summary: 'End a job before its end; what it has done stays',
    problems: ['job_not_found', 'job_finished'],
  })
}
