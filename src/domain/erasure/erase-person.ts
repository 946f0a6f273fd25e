import { isAdmin, isStaff } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import type { Job } from '../bulk/schema.ts'
import { type JobRow, shownJob } from '../bulk/store.ts'
import { bulkJobs } from '../bulk/table.ts'
import { endThese, lockSessionsOf } from '../login/store.ts'
import { lockPerson } from '../people/store.ts'
import { people } from '../people/table.ts'
import { ErasePerson } from './schema.ts'

/**
 * Blanks all that is kept about a person, by a job; their tickets stay as shells. They can do nothing from now on. Whoever works here
 * is disabled first, and nobody erases themselves.
 */
export const erasePerson = defineCommand({
  name: 'erasePerson',
  group: 'people',
  input: ErasePerson,

  async subject({ tx, now }, { personId }) {
    const person = await lockPerson(tx, personId)
    return { person, open: await lockSessionsOf(tx, personId, now) }
  },

  refuse(actor, { person }) {
    if (!isStaff(actor)) return actor.id === person.id ? 'forbidden' : 'person_not_found'
    if (!isAdmin(actor) || actor.kind !== 'person' || actor.id === person.id) return 'forbidden'
    return person.actsAs !== 'requester' && !person.disabledAt ? 'person_active' : undefined
  },

  handle(context, { personId, subjects = false }, { person, open }): Job {
    const { insert, update, enqueue, emit, actor, now } = context
    if (!person.disabledAt) update(people, person, { disabledAt: now, version: person.version + 1, updatedAt: now })
    endThese(context, open, 'erased')
    const job: JobRow = {
      id: newId('job'),
      kind: 'person_erasure',
      state: 'queued',
      personId,
      subjects,
      cursor: null,
      ticketIds: [],
      actions: [],
      progress: { total: 0, done: 0, failed: 0 },
      failures: [],
      detail: null,
      createdById: actor.id,
      apiKeyId: null,
      scopes: [],
      createdAt: now,
      startedAt: null,
      finishedAt: null,
      step: 0,
    }
    insert(bulkJobs, job)
    enqueue({ queue: 'person.erase', data: { jobId: job.id, step: 0 } })
    emit({
      type: 'person.erasure_begun',
      object: { type: 'person', id: personId, version: person.version },
      data: { jobId: job.id },
    })
    return shownJob(job)
  },
})
