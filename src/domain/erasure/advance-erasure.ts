import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { isUnfinished, lockJob } from '../bulk/store.ts'
import { bulkJobs } from '../bulk/table.ts'
import { lockPerson } from '../people/store.ts'
import { blankNext } from './blanking.ts'
import { blankPerson } from './ending.ts'
import { type Walked, walked } from './places.ts'
import { whoseIs } from './store.ts'

/**
 * The next rows of an erasure: table by table, and at last the person themselves. What was blanked and how far it came are written
 * together; a job that comes twice finds its step made. Internal.
 */
export const advanceErasure = defineCommand({
  name: 'advanceErasure',
  group: 'people',
  input: Closed({ jobId: Id(), step: Type.Integer({ minimum: 0 }) }),

  async subject({ tx }, { jobId, step }) {
    const job = await lockJob(tx, jobId)
    if (job.kind !== 'person_erasure' || !isUnfinished(job) || job.step !== step || job.personId === null)
      return { job }
    const person = await lockPerson(tx, job.personId)
    return { job, due: { person, whose: await whoseIs(tx, person.id) } }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, _input, { job, due }) {
    if (!due) return null
    const { now, update, enqueue } = context
    const { table, after } = placeOf(job.cursor)
    const begun = { step: job.step + 1, startedAt: job.startedAt ?? now }
    if (table === undefined) {
      await blankPerson(context, due, job)
      update(bulkJobs, job, { ...begun, state: 'done', cursor: null, finishedAt: now })
      return null
    }
    const { last, blanked, looked } = await blankNext(context, table, after, due.whose)
    const { total, done, failed } = job.progress
    update(bulkJobs, job, {
      ...begun,
      state: 'running',
      // behind the last row of a table comes the next table, and behind them all the person
      cursor: last === null ? `${walked.indexOf(table) + 1} ` : `${walked.indexOf(table)} ${last}`,
      progress: { total: total + looked, done: done + blanked, failed },
    })
    enqueue({ queue: 'person.erase', data: { jobId: job.id, step: job.step + 1 } })
    return null
  },
})

/** Where it goes on; no table: at the person. */
function placeOf(cursor: string | null): { table: Walked | undefined; after: string } {
  const [place = '0', after = ''] = (cursor ?? '0 ').split(' ')
  return { table: walked[Number(place)], after }
}
