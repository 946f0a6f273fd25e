import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { addRule } from '../domain/rules/add-rule.ts'
import { changeRule } from '../domain/rules/change-rule.ts'
import { explainRule, ruleQuery, ruleRunList, ruleRunsQuery, rulesQuery } from '../domain/rules/queries.ts'
import { removeRule } from '../domain/rules/remove-rule.ts'
import { Rule, RuleExplanation, RuleRun, RuleTimer, RuleTrial, TestRule } from '../domain/rules/schema.ts'
import { ruleTimerList, ruleTimersQuery } from '../domain/rules/timers.ts'
import { testRule } from '../domain/rules/trial.ts'
import { TicketRef } from '../domain/tickets/schema.ts'
import { Id, Key } from '../kernel/schema.ts'
import { listRoute } from './list.ts'
import { ofBodies, ofCallers, problemResponses } from './problems.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Rules'

export function ruleRoutes(app: FastifyInstance): void {
  for (const schema of [Rule, RuleRun, RuleTimer, RuleExplanation, RuleTrial]) app.addSchema(schema)
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
  listRoute(app, {
    url: '/tickets/:ticketId/rule-timers',
    tag,
    summary: 'The rules that wait on a ticket before they act, what is due next first',
    query: ruleTimersQuery,
    list: ruleTimerList,
    item: Type.Ref('RuleTimer'),
    params: Type.Object({ ticketId: TicketRef }, { additionalProperties: false }),
    problems: ['ticket_not_found'],
    properties: Object.keys(RuleTimer.properties),
    read: (desk, page, { ticketId = '' }) => desk.read(ruleTimersQuery, { ticketId, page }),
  })
  testRoute(app)
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

/** A read whose question does not fit into an address. */
function testRoute(app: FastifyInstance): void {
  const { key, ...body } = TestRule.properties
  app.post<{ Params: { key: string }; Body: Omit<Static<typeof TestRule>, 'key'> }>(
    '/rules/:key/test',
    {
      config: { policy: testRule.name },
      schema: {
        operationId: testRule.name,
        tags: [tag],
        summary: 'What a rule, saved or not, would do at an event of a ticket; nothing is done',
        params: Type.Object({ key }, { additionalProperties: false }),
        querystring: Type.Object({}, { additionalProperties: false }),
        body: Type.Object(body, { additionalProperties: false }),
        response: {
          200: { description: 'What it would do', content: { 'application/json': { schema: Type.Ref('RuleTrial') } } },
          ...problemResponses([...ofCallers, ...ofBodies, 'rule_not_found']),
        },
      },
    },
    ({ desk, params, body }) => desk.read(testRule, { ...params, ...body }),
  )
}
