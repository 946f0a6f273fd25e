import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { isUnfinished, lockJob } from './store.ts'
import { bulkJobs } from './table.ts'

/** A bulk change that cannot go on says why. Internal. */
export const failBulkChange = defineCommand({
  name: 'failBulkChange',
  group: 'tickets',
  input: Closed({ jobId: Id(), detail: Type.String({ maxLength: 500 }) }),
  subject: ({ tx }, { jobId }) => lockJob(tx, jobId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle({ update, now }, { detail }, job) {
    if (isUnfinished(job)) update(bulkJobs, job, { state: 'failed', detail, finishedAt: now })
    return null
  },
})
