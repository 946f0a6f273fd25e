import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { statisticsSchemas, type TimeGroup, type TimeReport, TimeReportInput } from '../domain/statistics/schema.ts'
import { timeReport } from '../domain/statistics/time.ts'
import { Money } from '../domain/time/schema.ts'
import { asCsv } from './csv.ts'
import { asParameters, problemResponses } from './problems.ts'

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
      if (!/^text\/csv\b/.test(headers.accept ?? '')) return report
      return reply
        .serializer((text: string) => text)
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="time.csv"')
        .send(tableOf(report))
    },
  )
}

/** `13500` minor units of EUR are `135.00 EUR`, and of JPY `13500 JPY` (ISO 4217). */
function inUnits({ amount, currency }: Money): string {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`
}

/** One line for each row; the amounts of several currencies stand in one cell. */
const tableOf = ({ groupBy, rows }: TimeReport): string =>
  asCsv([
    [...groupBy.flatMap((group) => [group, `${group}_name`]), 'entries', 'seconds', 'billable_seconds', 'amounts'],
    ...rows.map(({ keys, names, entries, seconds, billableSeconds, amounts }) => [
      ...keys.flatMap((key, n) => [key, names[n]]),
      entries,
      seconds,
      billableSeconds,
      amounts.map(inUnits).join(' '),
    ]),
  ])
