import { isAdmin } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { type Job, JobAct } from './schema.ts'
import { isUnfinished, lockJob, shownJob } from './store.ts'
import { bulkJobs } from './table.ts'

/** Ends a job between two steps; what it has done stays. */
export const cancelJob = defineCommand({
  name: 'cancelJob',
  group: 'tickets',
  input: JobAct,
  subject: ({ tx }, { jobId }) => lockJob(tx, jobId),

  refuse(actor, job) {
    if (job.createdById !== actor.id && !isAdmin(actor)) return 'job_not_found'
    return isUnfinished(job) ? undefined : 'job_finished'
  },

  handle({ update, now }, _input, job): Job {
    update(bulkJobs, job, { state: 'cancelled', finishedAt: now })
    return shownJob(job)
  },
})
