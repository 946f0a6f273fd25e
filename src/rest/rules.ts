import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addRule } from '../domain/rules/add-rule.ts'
import { changeRule } from '../domain/rules/change-rule.ts'
import { explainRule, ruleQuery, ruleRunList, ruleRunsQuery, rulesQuery } from '../domain/rules/queries.ts'
import { removeRule } from '../domain/rules/remove-rule.ts'
import { Rule, RuleExplanation, RuleRun } from '../domain/rules/schema.ts'
import { TicketRef } from '../domain/tickets/schema.ts'
import { Id, Key } from '../kernel/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Rules'

export function ruleRoutes(app: FastifyInstance): void {
  for (const schema of [Rule, RuleRun, RuleExplanation]) app.addSchema(schema)
  const response = Type.Ref('Rule')
  wholeListRoute(app, { url: '/rules', query: rulesQuery, response, tag, summary: 'The rules, in their order' })
  queryRoute(app, {
    url: '/rules/:key',
    query: ruleQuery,
    response,
    tag,
    summary: 'One rule',
    problems: ['rule_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/rules',
    command: addRule,
    status: 201,
    response,
    location: ({ key }) => `/v1/rules/${key}`,
    tag,
    summary: 'Add a rule',
    problems: ['rule_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/rules/:key',
    command: changeRule,
    status: 200,
    response,
    tag,
    summary: 'Change a rule, switch it on or off, move it',
    problems: ['rule_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/rules/:key',
    command: removeRule,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a rule',
    problems: ['rule_not_found'],
  })
  listRoute(app, {
    url: '/tickets/:ticketId/rule-runs',
    tag,
    summary: 'What rules did to a ticket',
    query: ruleRunsQuery,
    list: ruleRunList,
    item: Type.Ref('RuleRun'),
    params: Type.Object({ ticketId: TicketRef }, { additionalProperties: false }),
    problems: ['ticket_not_found'],
    properties: Object.keys(RuleRun.properties),
    read: (desk, page, { ticketId = '' }) => desk.read(ruleRunsQuery, { ticketId, page }),
  })
  queryRoute(app, {
    url: '/tickets/:ticketId/explain',
    query: explainRule,
    response: Type.Ref('RuleExplanation'),
    parameters: Type.Object({ rule: Key(), event: Type.Optional(Id()) }, { additionalProperties: false }),
    tag,
    summary: 'Why a rule did what it did to a ticket, or why it did nothing',
    problems: ['ticket_not_found', 'rule_not_found', 'event_not_found'],
  })
}
