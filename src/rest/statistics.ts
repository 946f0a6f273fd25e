import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import { backlogReport } from '../domain/statistics/backlog.ts'
import { dashboard } from '../domain/statistics/dashboard.ts'
import { ticketDistribution } from '../domain/statistics/distribution.ts'
import {
  type BacklogReport,
  type Durations,
  statisticsSchemas,
  type TicketDistribution,
  type TicketReport,
  type TimeGroup,
  type TimeReport,
  TimeReportInput,
} from '../domain/statistics/schema.ts'
import { ticketReport } from '../domain/statistics/tickets.ts'
import { timeReport } from '../domain/statistics/time.ts'
import { Money } from '../domain/time/schema.ts'
import type { Query } from '../kernel/desk.ts'
import { asCsv } from './csv.ts'
import { asParameters, ofBodies, ofCallers, problemResponses } from './problems.ts'
import { queryRoute } from './route.ts'

const { groupBy: _, ...others } = TimeReportInput.properties
const parameters = Type.Object(
  { ...others, groupBy: Type.String({ maxLength: 100, description: 'Up to three, with commas: person,month' }) },
  { additionalProperties: false },
)

/** Sums, as JSON or as a table. */
export function statisticsRoutes(app: FastifyInstance): void {
  for (const schema of [Money, ...Object.values(statisticsSchemas)]) app.addSchema(schema)
  app.get<{ Querystring: Static<typeof parameters> }>(
    '/statistics/time',
    {
      config: { policy: timeReport.name },
      schema: {
        operationId: timeReport.name,
        tags: ['Statistics'],
        summary: 'The time that was spent, summed; as CSV where text/csv is accepted',
        querystring: parameters,
        response: {
          200: {
            description: 'Found',
            content: {
              'application/json': { schema: Type.Ref('TimeReport') },
              'text/csv': { schema: Type.String() },
            },
          },
          ...problemResponses(['unauthenticated', 'missing_scope', 'forbidden', 'invalid_parameter']),
        },
      },
    },
    async ({ desk, query, headers }, reply) => {
      const { groupBy, ...rest } = query
      const groups = groupBy.split(',') as TimeGroup[] // the query looks at them
      const report = await asParameters(desk.read(timeReport, { ...rest, groupBy: groups }))
      return wantsTable(headers) ? asTable(reply, 'time', timeTable(report)) : report
    },
  )
  queryRoute(app, {
    url: '/statistics/dashboard',
    query: dashboard,
    response: Type.Ref('Dashboard'),
    tag: 'Statistics',
    summary: 'The unresolved tickets that one sees, counted now',
  })
  reportRoute(app, {
    name: 'tickets',
    query: ticketReport,
    response: Type.Ref('TicketReport'),
    summary: 'What became of tickets in a stretch of time',
    table: ticketTable,
  })
  reportRoute(app, {
    name: 'backlog',
    query: backlogReport,
    response: Type.Ref('BacklogReport'),
    summary: 'How work came in and went out, and what lay there',
    table: backlogTable,
  })
  reportRoute(app, {
    name: 'distribution',
    query: ticketDistribution,
    response: Type.Ref('TicketDistribution'),
    summary: 'How tickets are spread now',
    table: distributionTable,
  })
}

interface ReportRoute<I extends TSchema, R> {
  name: string
  query: Query<I, R>
  response: TSchema
  summary: string
  table(report: R): string
}

/** A read whose question may hold a condition: it stands in a body. */
function reportRoute<I extends TSchema, R>(app: FastifyInstance, route: ReportRoute<I, R>): void {
  const { name, query, response, summary, table } = route
  app.post(
    `/statistics/${name}`,
    {
      config: { policy: query.name },
      schema: {
        operationId: query.name,
        tags: ['Statistics'],
        summary: `${summary}; as CSV where text/csv is accepted; a read, whatever its method`,
        querystring: Type.Object({}, { additionalProperties: false }),
        body: query.input,
        response: {
          200: {
            description: 'Found',
            content: { 'application/json': { schema: response }, 'text/csv': { schema: Type.String() } },
          },
          ...problemResponses([...ofCallers, ...ofBodies]),
        },
      },
    },
    async ({ desk, body, headers }, reply) => {
      const report = await desk.read(query, (body ?? {}) as Static<I>) // checked by the desk
      return wantsTable(headers) ? asTable(reply, name, table(report)) : report
    },
  )
}

const wantsTable = ({ accept = '' }: { accept?: string | undefined }): boolean => /^text\/csv\b/.test(accept)

const asTable = (reply: FastifyReply, name: string, table: string): FastifyReply =>
  reply
    .serializer((text: string) => text)
    .header('content-type', 'text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(table)

/** `13500` minor units of EUR are `135.00 EUR`, and of JPY `13500 JPY` (ISO 4217). */
function inUnits({ amount, currency }: Money): string {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`
}

/** One line for each row; the amounts of several currencies stand in one cell. */
const timeTable = ({ groupBy, rows }: TimeReport): string =>
  asCsv([
    [...headsOf(groupBy), 'entries', 'seconds', 'billable_seconds', 'amounts'],
    ...rows.map((row) => [
      ...keysOf(row),
      row.entries,
      row.seconds,
      row.billableSeconds,
      row.amounts.map(inUnits).join(' '),
    ]),
  ])

const headsOf = (groupBy: readonly string[]): string[] => groupBy.flatMap((group) => [group, `${group}_name`])
const keysOf = ({ keys, names }: { keys: (string | null)[]; names: (string | null)[] }) =>
  keys.flatMap((key, n) => [key, names[n]])

const took = ['tickets', 'average_seconds', 'median_seconds', 'p90_seconds']
const tookOf = ({ tickets, averageSeconds, medianSeconds, p90Seconds }: Durations) => [
  tickets,
  averageSeconds,
  medianSeconds,
  p90Seconds,
]

const ticketTable = ({ groupBy, rows }: TicketReport): string =>
  asCsv([
    [
      ...headsOf(groupBy),
      'opened',
      'solved',
      'reopened',
      'reopen_rate',
      ...took.map((name) => `first_reply_${name}`),
      ...took.map((name) => `resolution_${name}`),
    ],
    ...rows.map((row) => [
      ...keysOf(row),
      row.opened,
      row.solved,
      row.reopened,
      row.reopenRate,
      ...tookOf(row.firstReply),
      ...tookOf(row.resolution),
    ]),
  ])

const backlogTable = ({ step, steps }: BacklogReport): string =>
  asCsv([
    [step, 'opened', 'solved', 'unresolved'],
    ...steps.map(({ on, opened, solved, unresolved }) => [on, opened, solved, unresolved]),
  ])

const distributionTable = ({ groupBy, rows }: TicketDistribution): string =>
  asCsv([[...headsOf(groupBy), 'tickets'], ...rows.map((row) => [...keysOf(row), row.tickets])])
