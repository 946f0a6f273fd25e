import { asc, sql } from 'drizzle-orm'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { explain } from '../../kernel/condition/explain.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { TicketRef } from '../tickets/schema.ts'
import { vocabulary } from '../types/store.ts'
import { factsOf } from './facts.ts'
import { concerns } from './guards.ts'
import { type Kept, keptEventOf, type Said } from './kept.ts'
import {
  ExplainRule,
  type Rule,
  RuleAct,
  type RuleDefinition,
  type RuleExplanation,
  type RuleRun,
  runOutcomes,
} from './schema.ts'
import { findRule } from './store.ts'
import { ruleRuns, rules } from './table.ts'
import { type Became, becameOf } from './waited.ts'

const all = prepare()(() => build.select(rowOf(rules)).from(rules).orderBy(asc(rules.position), asc(rules.key)))

/** All rules in the order in which they run. */
export const rulesQuery = defineQuery({
  name: 'rules',
  group: 'rules',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }): Promise<Rule[]> => (await db.query(all.bind({}))).rows as Rule[], // the row is the resource
})

export const ruleQuery = defineQuery({
  name: 'rule',
  group: 'rules',
  input: RuleAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { key }): Promise<Rule> {
    const rule = await findRule(db, key)
    if (!rule) throw new Problem('rule_not_found')
    return rule as Rule // the row is the resource
  },
})

const runList: List<RuleRun> = {
  name: 'rule_runs',
  columns: rowOf(ruleRuns),
  from: ruleRuns,
  id: ruleRuns.id,
  filters: {
    ruleKey: { column: ruleRuns.ruleKey, kind: 'text' },
    outcome: { column: ruleRuns.outcome, kind: 'text', literals: runOutcomes },
    eventId: { column: ruleRuns.eventId, kind: 'reference' },
    ticketId: { column: ruleRuns.ticketId, kind: 'reference' },
  },
  sorts: { at: { column: ruleRuns.id, property: 'id' } },
  defaultSort: '-at',
}
const { ticketId: _, ...runFilters } = runList.filters
/** What may be asked of the runs of one ticket. */
export const ruleRunList: Pick<List<RuleRun>, 'filters' | 'sorts' | 'defaultSort'> = { ...runList, filters: runFilters }

/** What rules did to a ticket. */
export const ruleRunsQuery = defineQuery({
  name: 'ruleRuns',
  group: 'rules',
  input: Closed({ ticketId: TicketRef, page: PageInput }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId, page }) {
    const ofTicket = { field: 'ticketId', op: 'is' as const, values: [await visibleTicketId(context, ticketId)] }
    return readPage(runList, context, { ...page, filters: [...(page.filters ?? []), ofTicket] })
  },
})

const revisionAt = prepareSql<{ key: string; version: number }, { revision: number; definition: RuleDefinition }>()(
  ($) => sql`select revision, definition from rule_revisions where rule_key = ${$.key} and rules_version <= ${$.version}
    order by revision desc limit 1`,
)

const runAt = prepareSql<
  { key: string; eventId: string; ticketId: string },
  { outcome: RuleRun['outcome']; detail: string | null }
>()(
  ($) => sql`select outcome, detail from rule_runs
    where ticket_id = ${$.ticketId} and event_id = ${$.eventId} and rule_key = ${$.key} limit 1`,
)

/**
 * Why a rule did what it did at an event, or why it did nothing: from the facts that the event keeps and the revision of the rule that
 * held then, by the evaluator that ran.
 */
export const explainRule = defineQuery({
  name: 'explainRule',
  group: 'rules',
  input: ExplainRule,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { ticketId: ref, rule: key, event: eventId }): Promise<RuleExplanation> {
    const { db, cached } = context
    const current = await findRule(db, key)
    const { event, said } = await keptEventOf(context, ref, eventId, { on: current?.on, waitOf: key })
    const version = Number(event.facts.rulesVersion ?? 0)
    const [then, run, words] = await Promise.all([
      db.query(revisionAt.bind({ key, version })),
      db.query(runAt.bind({ key, eventId: event.id, ticketId: event.ticketId })),
      cached(vocabulary),
    ])
    const revision = then.rows[0]
    if (!revision && !current) throw new Problem('rule_not_found')
    const about = { ruleKey: key, revision: revision?.revision ?? 0, eventId: event.id }
    if (!revision) return { ...about, ...nothing('The rule was not there yet.') }
    const { definition } = revision
    const began = definition.after && event.type !== 'rule.due'
    const became = began ? await becameOf(db, event, key, definition) : undefined
    return { ...about, ...judged({ event, said, key, run: run.rows[0], became }, definition, ticketFields(words)) }
  },
})

type Judgement = Omit<RuleExplanation, 'ruleKey' | 'revision' | 'eventId'>

const nothing = (reason: string): Judgement => ({
  outcome: 'not_matched',
  reason,
  failedCondition: null,
  conditions: [],
})

const REASONS: Record<RuleRun['outcome'], string> = {
  fired: 'Its conditions held, and it acted.',
  stopped: 'Its conditions held, but an earlier rule stopped it.',
  guarded: 'Its conditions held, but a limit held it back.',
  failed: 'Its conditions held, but an action was refused; it changed nothing.',
  suppressed: 'Its conditions held, but what it wanted was suppressed.',
}

interface Happened {
  event: Kept
  said: Said
  key: string
  run: { outcome: RuleRun['outcome']; detail: string | null } | undefined
  /** Of a wait that was to begin. */
  became: Became | undefined
}

function judged(
  { event, said, key, run, became }: Happened,
  rule: RuleDefinition,
  fields: ReturnType<typeof ticketFields>,
): Judgement {
  const isDue = event.type === 'rule.due' && event.objectId === key
  if (!isDue && !rule.on.some((type) => type === event.type)) return nothing(`It does not listen to ${event.type}.`)
  const { condition, faults } = readCondition(rule.if, fields)
  if (!condition || faults.length) return nothing('Its condition names words that are gone.')
  const facts = factsOf(event, said)
  const { held, conditions, failedCondition } = explain(condition, fields, facts, { me: facts.actor.id, now: event.at })
  const found = { conditions, failedCondition }
  if (run)
    return { outcome: run.outcome, reason: [REASONS[run.outcome], run.detail].filter(Boolean).join(' '), ...found }
  if (!rule.enabled || rule.state === 'draft') return { ...nothing('It was switched off, or a draft.'), ...found }
  const takesPart = concerns(rule, facts, String(facts.ticket.type))
  if (!takesPart) return { ...nothing('It does not concern this type, or does not react to rules.'), ...found }
  if (held) return { ...nothing('Its conditions hold, but it did not run.'), ...became, ...found }
  return { ...nothing(isDue ? 'Its wait was over; a condition held no more.' : 'A condition did not hold.'), ...found }
}
