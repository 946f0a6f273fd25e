import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { activePerson, keyIsGood } from '../access/store.ts'
import { namedBy } from '../rules/named.ts'
import { changeEach, refuseActions } from './changing.ts'
import { FAILURES_MAX } from './schema.ts'
import { isUnfinished, lockJob } from './store.ts'
import { bulkJobs } from './table.ts'

const STEP_TICKETS = 25

/**
 * The next tickets of a bulk change. What was done and how far it came are written together: whoever is killed has lost one step, and a
 * job that comes twice finds its step made. Internal.
 */
export const advanceBulkChange = defineCommand({
  name: 'advanceBulkChange',
  group: 'tickets',
  input: Closed({ jobId: Id(), step: Type.Integer({ minimum: 0 }) }),

  async subject({ tx, ...context }, { jobId, step }) {
    const job = await lockJob(tx, jobId)
    if (job.kind !== 'bulk_change' || !isUnfinished(job) || job.step !== step) return { job }
    const [person, isGood, named] = await Promise.all([
      activePerson(tx, job.createdById),
      job.apiKeyId === null || keyIsGood(tx, job.apiKeyId, context.now),
      namedBy(tx, context, job.actions),
    ])
    return { job, due: { person: isGood ? person : undefined, named } }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, _input, { job, due }) {
    if (!due) return null
    const { progress, failures, ticketIds, actions, step } = job
    const maker = due.person && { ...due.person, apiKeyId: job.apiKeyId, scopes: job.scopes }
    const refusal = maker ? refuseActions(maker, actions, due.named) : 'forbidden'
    if (!maker || refusal) {
      const detail =
        refusal instanceof Problem ? refusal.message : 'Its maker is no agent any more, or their key is out of use'
      context.update(bulkJobs, job, { state: 'failed', detail, finishedAt: context.now })
      return null
    }
    const ids = ticketIds.slice(progress.done, progress.done + STEP_TICKETS)
    const results = await changeEach(
      context.as(maker),
      ids.map((id) => ({ ref: id, id })),
      actions,
    )
    const failed = results.filter(({ done }) => !done)
    const done = progress.done + ids.length
    const isDone = done >= ticketIds.length
    context.update(bulkJobs, job, {
      state: isDone ? 'done' : 'running',
      progress: { ...progress, done, failed: progress.failed + failed.length },
      failures: [...failures, ...failed].slice(0, FAILURES_MAX),
      step: step + 1,
      startedAt: job.startedAt ?? context.now,
      finishedAt: isDone ? context.now : null,
    })
    if (!isDone) context.enqueue({ queue: 'ticket.bulk', data: { jobId: job.id, step: step + 1 } })
    return null
  },
})
