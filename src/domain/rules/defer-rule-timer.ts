import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { ruleRuns, ruleTimers } from './table.ts'
import { lockDueTimer } from './waits.ts'

/** The last one comes after 17 minutes. */
const ATTEMPTS_MAX = 10

const defer = prepareSql<{ id: string }, never>()(
  (
    $,
  ) => sql`update ${ruleTimers} set attempts = attempts + 1, try_at = now() + make_interval(secs => power(2, attempts))
    where ${ruleTimers.id} = ${$.id}`,
)

/**
 * The end of a wait broke as a whole: it is tried again later, so that others do not stand behind it, and given up at last, with a run
 * that says so. Internal.
 */
export const deferRuleTimer = defineCommand({
  name: 'deferRuleTimer',
  group: 'rules',
  input: Closed({ ticketId: Id() }),
  subject: ({ tx }, { ticketId }) => lockDueTimer(tx, ticketId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query, insert, remove, emit, now }, { ticketId }, timer) {
    if (!timer) return null
    const { id, ruleKey, revision, eventId, attempts } = timer
    if (attempts + 1 < ATTEMPTS_MAX) {
      await query(defer.bind({ id }))
      return null
    }
    const runId = newId('run')
    const code = 'internal_error'
    const detail = `${code}: given up after ${ATTEMPTS_MAX} attempts`
    remove(ruleTimers, timer)
    insert(ruleRuns, {
      id: runId,
      ruleKey,
      revision,
      eventId,
      ticketId,
      outcome: 'failed',
      changes: {},
      detail,
      at: now,
    })
    emit({
      type: 'rule.failed',
      ticketId,
      object: { type: 'rule', id: ruleKey, version: null },
      data: { ruleKey, runId, code },
    })
    return null
  },
})
