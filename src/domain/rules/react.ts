import type { CommandContext, Reaction } from '../../kernel/context.ts'
import type { Changes, DeskEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import type { MailFacts } from '../tickets/decide.ts'
import type { Working } from '../tickets/store.ts'
import { callOf } from './actions.ts'
import { ruleActions } from './catalogue.ts'
import { factsOf } from './facts.ts'
import { firedLately } from './firings.ts'
import { concerns, heldBack, isOverruled, reopensByMail } from './guards.ts'
import type { RunOutcome } from './schema.ts'
import { type CompiledRule, compiledRules, type RuleRow } from './store.ts'
import { ruleRuns } from './table.ts'
import { beginWait, endWaits } from './waits.ts'

/**
 * The rules of an event, in their order, in the transaction of the event. All see the same facts; each attempt fails alone. What a rule
 * does is another event, in which only those rules take part that say so (`reactToRules`). An event first ends the waits that it is to
 * end, then begins others: a rule that names its own event in `unless` waits anew.
 */
export const runRules: Reaction = async (event, context) => {
  const { ticketId, facts } = event
  if (ticketId === undefined || !facts || isGone(facts)) return
  const active = await context.cached(compiledRules)
  const ended = active.ended.get(event.type)
  if (ended) endWaits(context, ended, event, ticketId)
  const listening = active.listening.get(event.type)
  if (!listening) return
  const matching = matchingOf(listening, { ...event, facts })
  let stoppedBy: string | undefined
  for (const { rule } of matching) {
    if (stoppedBy !== undefined) record(context, rule, event, { outcome: 'stopped', detail: `by ${stoppedBy}` })
    else if (rule.after) await wait(context, { rule }, event, ticketId)
    else if (await ran(context, { rule }, event, ticketId)) stoppedBy = rule.stop ? rule.key : undefined
  }
}

/** The rule whose wait is over, asked again: of the event that began the wait, and of the ticket as it is now. */
export const runDueRule: Reaction = async (event, context) => {
  const { ticketId, facts } = event
  if (event.type !== 'rule.due' || ticketId === undefined || !facts) return
  const compiled = (await context.cached(compiledRules)).waiting.get(event.data.ruleKey)
  const [due] = compiled ? matchingOf([compiled], { ...event, facts }) : []
  if (!due) return
  // what acted on the way here acts no second time, as if nobody had waited
  for (const key of event.lineage) context.notes.add(`${key} ${ticketId}`)
  await ran(context, due, event, ticketId)
}

/** Nothing can be done to what is deleted, or goes on as another one. */
function isGone(facts: Record<string, unknown>): boolean {
  const { deletedAt, mergedIntoId } = facts.ticket as Partial<Working['ticket']> // ticketFacts wrote them: what is empty is left out
  return deletedAt !== undefined || mergedIntoId !== undefined
}

function matchingOf(
  rules: readonly CompiledRule[],
  event: DeskEvent & { facts: Record<string, unknown> },
): CompiledRule[] {
  const { message } = (event.working ?? {}) as Partial<Working> // what events of tickets hand on
  const asked = factsOf(event, message)
  const asking = { me: asked.actor.id, now: event.at }
  const type = String(asked.ticket.type)
  return rules.filter(({ rule, holds }) => concerns(rule, asked, type) && holds(asked, asking))
}

type Acting = Pick<CompiledRule, 'rule'>

/** It acts when its wait is over, and is asked again then. */
async function wait(context: CommandContext, { rule }: Acting, event: DeskEvent, ticketId: string): Promise<void> {
  if (await isHeldBack(context, rule, event, ticketId)) return
  beginWait(context, rule, event, { ticketId, isSilenced: isSilenced(event) })
}

/** True when the rule has fired. */
async function ran(context: CommandContext, { rule }: Acting, event: DeskEvent, ticketId: string): Promise<boolean> {
  if (await isHeldBack(context, rule, event, ticketId)) return false
  context.notes.add(`${rule.key} ${ticketId}`)
  const runId = newId('run')
  const changes: Changes = {}
  const problem = await context
    .byRule({ key: rule.key, runId, isSilenced: isSilenced(event) })
    .attempt(async (acting) => {
      for (const action of rule.then) {
        const { command, input } = callOf(ruleActions, action, ticketId)
        await acting.run(command, input, { ticketId })
      }
      Object.assign(changes, acting.changesOf(runId))
    })
  if (!problem) {
    record(context, rule, event, { outcome: 'fired', id: runId, changes })
    return true
  }
  record(context, rule, event, { outcome: 'failed', id: runId, detail: `${problem.code}: ${problem.message}` })
  tell(context, 'rule.failed', event, { ruleKey: rule.key, runId, code: problem.code })
  return false
}

/** Held back by a guard, visibly. */
async function isHeldBack(
  context: CommandContext,
  rule: RuleRow,
  event: DeskEvent,
  ticketId: string,
): Promise<boolean> {
  const reason = await guard(context, rule, event, ticketId)
  if (reason === undefined) return false
  const runId = record(context, rule, event, { outcome: 'guarded', detail: reason })
  tell(context, 'rule.guarded', event, { ruleKey: rule.key, runId, reason })
  return true
}

/** Why a rule is held back. What it did within the hour is asked only where that counts. */
async function guard(
  context: CommandContext,
  rule: RuleRow,
  event: DeskEvent,
  ticketId: string,
): Promise<string | undefined> {
  const hasActed = context.notes.has(`${rule.key} ${ticketId}`)
  const past = { depth: event.depth, hasActed, isOverruled: isOverruled(rule, event) }
  const reason = heldBack(past)
  if (reason || !reopensByMail(rule, event)) return reason
  const { firings } = (context.working(ticketId) as Working | undefined) ?? {} // what events of tickets hand on
  const known = firings ?? (await firedLately(context, ticketId, context.now))
  return heldBack({ ...past, firedLately: known.get(rule.key) ?? 0 })
}

/** Whether an automatic answer may follow from an event: not from a machine's mail, at any remove. */
const isSilenced = ({ isSilenced, facts }: DeskEvent): boolean =>
  isSilenced || (facts?.mail as MailFacts | undefined)?.autorespond === false // ticketFacts wrote them

interface Run {
  outcome: RunOutcome
  id?: string
  changes?: Changes
  detail?: string
}

function record({ insert, now }: CommandContext, rule: RuleRow, event: DeskEvent, run: Run): string {
  const { outcome, id = newId('run'), changes = {}, detail = null } = run
  const { key: ruleKey, revision } = rule
  const ticketId = event.ticketId ?? ''
  insert(ruleRuns, { id, ruleKey, revision, eventId: event.id, ticketId, outcome, changes, detail, at: now })
  return id
}

type Told =
  | ['rule.failed', { ruleKey: string; runId: string; code: string }]
  | ['rule.guarded', { ruleKey: string; runId: string; reason: string }]

function tell(context: CommandContext, ...[type, event, data]: [Told[0], DeskEvent, Told[1]]): void {
  const object = { type: 'rule', id: data.ruleKey, version: null }
  const told = { ...(event.ticketId === undefined ? {} : { ticketId: event.ticketId }), object }
  if (type === 'rule.failed' && 'code' in data) context.emit({ type, ...told, data })
  if (type === 'rule.guarded' && 'reason' in data) context.emit({ type, ...told, data })
}
