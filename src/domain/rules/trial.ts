import { explain } from '../../kernel/condition/explain.ts'
import { parseCondition } from '../../kernel/condition/parse.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { draftedRule } from './draft.ts'
import { factsOf } from './facts.ts'
import { concerns } from './guards.ts'
import { keptEventOf } from './kept.ts'
import { type RuleTrial, TestRule } from './schema.ts'

/**
 * What a rule would do at an event of a ticket, by the evaluator that runs; nothing is done. What is given in `rule` is tried in place
 * of what the saved rule says; with all of it given the rule need not be saved.
 */
export const testRule = defineQuery({
  name: 'testRule',
  group: 'rules',
  input: TestRule,
  refuse: (actor) => refuseAdminWork(actor),

  async read(context, { key, ticketId, event: eventId, rule: given = {} }): Promise<RuleTrial> {
    const { rule, named } = await draftedRule(context.db, context, key, given)
    const { event, said } = await keptEventOf(context, ticketId, eventId, { on: rule.on }).catch((error: unknown) => {
      // they stand in the body
      if (!(error instanceof Problem)) throw error
      if (error.code === 'ticket_not_found') throw invalid('/ticketId', 'not_found', 'is no ticket')
      throw invalid('/event', 'not_found', 'is no event of this ticket that the rule listens to')
    })
    const fields = ticketFields(named.words)
    const facts = factsOf(event, said)
    const asking = { me: facts.actor.id, now: event.at }
    const { held, conditions, failedCondition } = explain(parseCondition(rule.if, fields), fields, facts, asking)
    const listens = rule.on.some((type) => type === event.type)
    const takesPart = concerns(rule, facts, String(facts.ticket.type))
    const matches = held && listens && takesPart
    return {
      eventId: event.id,
      eventType: event.type,
      matches,
      reason: reasonOf({ held, listens, takesPart }, event.type),
      failedCondition,
      conditions,
      after: rule.after,
      actions: matches ? rule.then : [],
    }
  },
})

function reasonOf(
  { held, listens, takesPart }: { held: boolean; listens: boolean; takesPart: boolean },
  type: string,
): string {
  if (!listens) return `It does not listen to ${type}.`
  if (!takesPart) return 'It does not concern this type, or does not react to rules.'
  return held ? 'Its conditions hold.' : 'A condition does not hold.'
}
