import { eq, sql } from 'drizzle-orm'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { messages } from '../conversations/table.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { lockTicket, type Working } from '../tickets/store.ts'
import { dueFacts, type FactualEvent } from './facts.ts'
import { compiledRules } from './store.ts'
import { ruleTimers } from './table.ts'
import { lockDueTimer, type TimerRow } from './waits.ts'

const eventById = prepareSql<{ id: string }, FactualEvent>()(
  ($) => sql`select type, channel, at, facts from events where id = ${$.id}`,
)
const messageOfEvent = prepare<{ id: string }>()(($) =>
  build
    .select(rowOf(messages))
    .from(messages)
    .where(eq(messages.id, sql`(select facts ->> 'messageId' from events where id = ${$.id})`)),
)

/**
 * The wait that is over first on a ticket ends: its row goes, and `rule.due` is told, on which the rule's run hangs. Both are one
 * transaction under the lock of the ticket, so that a wait ends once, whoever else is at it, is killed or stands still. Answers whether
 * there was one. Internal.
 */
export const fireRuleTimer = defineCommand({
  name: 'fireRuleTimer',
  group: 'rules',
  input: Closed({ ticketId: Id() }),

  async subject({ tx, cached }, { ticketId }) {
    const timer = await lockDueTimer(tx, ticketId)
    if (!timer) return
    const [locked, rules, begun, said] = await Promise.all([
      lockTicket(tx, ticketId),
      cached(compiledRules),
      tx.query(eventById.bind({ id: timer.eventId })),
      tx.query(messageOfEvent.bind({ id: timer.eventId })),
    ])
    return { timer, rules, begun: begun.rows[0], working: { ...locked, message: said.rows[0] } }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  handle(context, _input, found): { found: boolean } {
    if (!found) return { found: false }
    const { timer, rules, begun, working } = found
    context.remove(ruleTimers, timer)
    const rule = rules.waiting.get(timer.ruleKey)?.rule
    const { deletedAt, mergedIntoId } = working.ticket
    const isThere = deletedAt === null && mergedIntoId === null
    const isAwaited = isThere && rule !== undefined && rule.waitsFrom <= timer.revision
    // of an event whose facts were erased nothing can be asked
    if (isAwaited && begun?.facts.actor) tellDue(context, timer, begun, working)
    return { found: true }
  },
})

function tellDue(
  { emit, actor, versions }: CommandContext,
  { id: _, ...timer }: TimerRow,
  begun: FactualEvent,
  { message, ...locked }: Omit<Working, 'message'> & { message: Working['message'] | undefined },
): void {
  const { ticket, ...parties } = locked
  const now = ticketFacts({ before: null, after: ticket, ...parties, actor, versions })
  const { ruleKey, revision, ticketId, eventId: id, depth, lineage, isSilenced, dueAt } = timer
  emit({
    type: 'rule.due',
    ticketId,
    object: { type: 'rule', id: ruleKey, version: revision },
    data: { ruleKey, dueAt },
    facts: dueFacts(begun, now),
    working: { ...locked, ...(message ? { message } : {}) },
    follows: { id, depth, lineage, isSilenced },
  })
}
