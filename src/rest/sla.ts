import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addSlaPolicy } from '../domain/sla/add-sla-policy.ts'
import { changeSlaPolicy } from '../domain/sla/change-sla-policy.ts'
import { explainTicketSla } from '../domain/sla/explain.ts'
import { slaClockList, slaClocksQuery, slaPoliciesQuery, slaPolicy, ticketSla } from '../domain/sla/queries.ts'
import { removeSlaPolicy } from '../domain/sla/remove-sla-policy.ts'
import {
  ExplainedClock,
  SlaClock,
  SlaExplanation,
  SlaLogEntry,
  SlaPolicy,
  SlaStretch,
  TicketSla,
} from '../domain/sla/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'SLA'
const url = '/sla-policies/:key'
const response = Type.Ref('SlaPolicy')
const problems = ['sla_policy_not_found'] as const

/** What is promised, and how it is kept. */
export function slaRoutes(app: FastifyInstance): void {
  for (const schema of [SlaPolicy, SlaClock, TicketSla, SlaStretch, SlaLogEntry, ExplainedClock, SlaExplanation])
    app.addSchema(schema)
  const summary = 'The SLA policies, in the order in which they are asked'
  wholeListRoute(app, { url: '/sla-policies', query: slaPoliciesQuery, response, tag, summary })
  queryRoute(app, { url, query: slaPolicy, response, tag, summary: 'One SLA policy', problems })
  commandRoute(app, {
    method: 'POST',
    url: '/sla-policies',
    command: addSlaPolicy,
    status: 201,
    response,
    location: ({ key }) => `/v1/sla-policies/${key}`,
    tag,
    summary: 'Add an SLA policy',
    problems: ['key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeSlaPolicy,
    status: 200,
    response,
    tag,
    summary: 'Change an SLA policy, switch it on or off, move it',
    problems,
  })
  commandRoute(app, {
    method: 'DELETE',
    url,
    command: removeSlaPolicy,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove an SLA policy',
    problems,
  })
  clockRoutes(app)
}

function clockRoutes(app: FastifyInstance): void {
  queryRoute(app, {
    url: '/tickets/:ticketId/sla',
    query: ticketSla,
    response: Type.Ref('TicketSla'),
    tag,
    summary: 'What is promised for a ticket, and how that stands',
    problems: ['ticket_not_found'],
  })
  queryRoute(app, {
    url: '/tickets/:ticketId/sla/explain',
    query: explainTicketSla,
    response: Type.Ref('SlaExplanation'),
    tag,
    summary: 'How the clocks of a ticket came to stand so, to the second',
    problems: ['ticket_not_found'],
  })
  listRoute(app, {
    url: '/sla/clocks',
    tag,
    summary: 'The clocks of all tickets, what is due next first',
    query: slaClocksQuery,
    list: slaClockList,
    item: Type.Ref('SlaClock'),
    properties: Object.keys(SlaClock.properties),
    read: (desk, page) => desk.read(slaClocksQuery, page),
  })
}
