import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { namedBy } from '../rules/named.ts'
import { searchTerm } from '../search/queries.ts'
import { refuseActions } from './changing.ts'
import { JOB_TICKETS_MAX, type Job, StartBulkChange } from './schema.ts'
import { countUnfinished, idsFound, idsOf, type JobRow, shownJob } from './store.ts'
import { bulkJobs } from './table.ts'

const UNFINISHED_MAX = 10

/**
 * Actions on many tickets, by a job: those named, or all that a search finds now. It is done in steps with the rights that its maker has
 * then, and can be cancelled between them.
 */
export const startBulkChange = defineCommand({
  name: 'startBulkChange',
  group: 'tickets',
  input: StartBulkChange,

  async subject({ tx, ...context }, { ticketIds, condition, query, actions }) {
    const isSearch = condition !== undefined || query !== undefined
    if (isSearch === (ticketIds !== undefined))
      throw invalid('', 'ambiguous', 'give either ticketIds, or a condition or query')
    // those who start at once are counted one after another
    await lockConfiguration(tx)
    const search = { ...(condition === undefined ? {} : { condition }), ...(query === undefined ? {} : { query }) }
    const [named, unfinished, ids] = await Promise.all([
      namedBy(tx, context, actions),
      countUnfinished(tx),
      ticketIds ? idsOf(tx, ticketIds) : idsFound(tx, await searchTerm(context, search), JOB_TICKETS_MAX),
    ])
    const missing = ids.flatMap((found) => (typeof found === 'string' || found.id ? [] : [found.ref]))
    const found = ids.flatMap((each) => (typeof each === 'string' ? each : (each.id ?? [])))
    return { named, unfinished, missing, found: [...new Set(found)].sort() }
  },

  refuse(actor, { named, unfinished, found, missing }, { actions }) {
    const refusal = refuseActions(actor, actions, named)
    if (refusal) return refusal
    if (actor.kind !== 'person') return 'forbidden'
    if (missing.length) return invalid('/ticketIds', 'not_found', `${missing.slice(0, 5).join(', ')}: no ticket`)
    if (found.length > JOB_TICKETS_MAX)
      return invalid('/condition', 'too_many', `more than ${JOB_TICKETS_MAX} tickets are found: narrow it`)
    return unfinished >= UNFINISHED_MAX ? 'too_many_jobs' : undefined
  },

  handle({ insert, enqueue, actor, now }, { actions }, { found }): Job {
    if (actor.kind !== 'person') throw new Error('others are refused')
    const job: JobRow = {
      id: newId('job'),
      kind: 'bulk_change',
      personId: null,
      subjects: false,
      cursor: null,
      state: 'queued',
      ticketIds: found,
      actions,
      progress: { total: found.length, done: 0, failed: 0 },
      failures: [],
      detail: null,
      createdById: actor.id,
      apiKeyId: actor.apiKeyId,
      scopes: [...actor.scopes],
      createdAt: now,
      startedAt: null,
      finishedAt: null,
      step: 0,
    }
    insert(bulkJobs, job)
    enqueue({ queue: 'ticket.bulk', data: { jobId: job.id, step: 0 } })
    return shownJob(job)
  },
})
