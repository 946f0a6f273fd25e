import type { FastifyInstance } from 'fastify'
import { type TProperties, type TSchema, Type } from 'typebox'
import type { Query, Session } from '../kernel/desk.ts'
import { type FilterField, type Filters, filterOps, opsOf } from '../kernel/filter.ts'
import { CURSOR_LENGTH_MAX, LIMIT_MAX, type List, type Page, type PageInput, wrongParameter } from '../kernel/page.ts'
import { printed, sendPage } from './printing.ts'
import { asParameters, problemResponses } from './problems.ts'
import { type Documented, pageOf } from './route.ts'

/** Objects that can be added beside their ids, for a whole page at once. */
export type Includes<R> = Record<string, (desk: Session, rows: R[]) => Promise<(row: R) => unknown>>

interface ListRoute<R> extends Documented {
  url: string
  query: Pick<Query<TSchema, Page<R>>, 'name'>
  list: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort' | 'members'>
  item: TSchema
  /** Reads the page; path parameters are given as they are. */
  read(desk: Session, page: PageInput, params: Record<string, string>): Promise<Page<R>>
  includes?: Includes<R>
  /** Properties of the item, for `fields=`. */
  properties?: readonly string[]
  params?: TSchema
  /** Rows are the resource and nothing else: printed as they are, which is quicker than by their schema. */
  rowsAreWhole?: boolean
}

/** A list: `limit`, `after`, `before`, `sort`, `includeTotal`, flat filters, operators in brackets. */
export function listRoute<R extends object>(app: FastifyInstance, route: ListRoute<R>): void {
  const { url, query, item, read, includes = {}, properties = [], problems = [] } = route
  app.get(
    url,
    {
      config: { policy: query.name },
      schema: {
        operationId: query.name,
        tags: [route.tag],
        summary: route.summary,
        ...(route.list.members ? { description: membersTold(route.list.members) } : {}),
        ...(route.params ? { params: route.params } : {}),
        querystring: Type.Object(
          { ...pageParameters(route), ...filterParameters(route.list.filters) },
          { additionalProperties: false, ...memberParameters(route.list.members) },
        ),
        response: {
          200: { description: 'A page', content: { 'application/json': { schema: pageOf(item) } } },
          ...problemResponses(['unauthenticated', 'missing_scope', 'forbidden', 'invalid_parameter', ...problems]),
        },
      },
    },
    async (request, reply) => {
      const asked = request.query as Record<string, unknown> // checked against the parameters above
      const params = request.params as Record<string, string> // checked against the route's own
      const page = await asParameters(read(request.desk, pageInput(asked, route.list), params))
      const data = await included(request.desk, page.data, includes, asked.include)
      if (asked.fields === undefined && !route.rowsAreWhole) return { ...page, data }
      const rows: object[] =
        asked.fields === undefined
          ? data
          : thinned(data, [...properties, ...Object.keys(includes)], String(asked.fields))
      return sendPage(reply, { ...page, data: rows }, printed)
    },
  )
}

/** Adds what `include=` names, one read for each name. */
export async function included<R extends object>(
  desk: Session,
  rows: R[],
  includes: Includes<R>,
  include: unknown,
): Promise<R[]> {
  if (include === undefined) return rows
  const names = [...new Set(String(include).split(','))]
  for (const name of names)
    if (!Object.hasOwn(includes, name))
      throw wrongParameter('include', `${name} is none of ${Object.keys(includes).join(', ')}`)
  const finders = await Promise.all(names.map(async (name) => [name, await includes[name]?.(desk, rows)] as const))
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(finders.map(([name, find]) => [name, find?.(row) ?? null])),
  }))
}

/** Only the fields named. */
export function thinned<R extends object>(rows: R[], known: readonly string[], fields: string): Partial<R>[] {
  const names = fields.split(',')
  for (const name of names)
    if (!known.includes(name)) throw wrongParameter('fields', `${name} is none of ${known.join(', ')}`)
  return rows.map(
    (row) => Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name))) as Partial<R>,
  ) // a choice of its own members
}

function pageParameters({
  list,
  includes,
  properties,
}: Pick<ListRoute<never>, 'list' | 'includes' | 'properties'>): TProperties {
  const text = (description: string, maxLength = 1_000) => Type.Optional(Type.String({ maxLength, description }))
  return {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT_MAX, description: '25 where nothing is said' })),
    after: text('nextCursor of an earlier page', CURSOR_LENGTH_MAX),
    before: text('prevCursor of an earlier page', CURSOR_LENGTH_MAX),
    sort: text(
      `Up to three of ${[...Object.keys(list.sorts), ...(list.members ? [`${list.members}.{key}`] : [])].join(', ')}, with - for descending; ${list.defaultSort} where nothing is said`,
    ),
    includeTotal: Type.Optional(Type.Boolean({ description: 'Adds total, counted up to 10,000' })),
    ...(includes ? { include: text(`Adds ${Object.keys(includes).join(', ')} beside their ids`) } : {}),
    ...(properties ? { fields: text('Only these fields') } : {}),
  }
}

function filterParameters(filters: Record<string, FilterField>): TProperties {
  const names = Object.entries(filters).flatMap(([name, field]) =>
    opsOf(field).map((op) => (op === 'is' ? name : `${name}[${op}]`)),
  )
  return Object.fromEntries(names.map((name) => [name, Type.Optional(Type.String({ maxLength: 2_000 }))]))
}

/** Filters by members of a property, whose names the desk's configuration has: `fields.serial_number`, `fields.size[gte]`. */
function memberParameters(members: string | undefined) {
  if (members === undefined) return {}
  const name = `^${members}\\.[a-z0-9_]{1,63}(\\[(${filterOps.filter((op) => op !== 'is').join('|')})\\])?$`
  return { patternProperties: { [name]: Type.String({ maxLength: 2_000 }) } }
}

// OpenAPI has no parameters of which only a part of the name is known
const membersTold = (members: string): string =>
  `Custom fields are further parameters: \`${members}.{key}\`, \`${members}.{key}[gte]\` and so on, with the operators of their type.`

const PARAMETER = /^([\w.]+)(?:\[(\w+)\])?$/

/** `status=open,on_hold&createdAt[gte]=-7d` as the query's filters. */
function pageInput(asked: Record<string, unknown>, { filters: fields, members }: ListRoute<never>['list']): PageInput {
  const filters: Filters = []
  for (const [name, text] of Object.entries(asked)) {
    const [, field = '', opName = 'is'] = PARAMETER.exec(name) ?? []
    const op = filterOps.find((candidate) => candidate === opName)
    const isMember = members !== undefined && field.startsWith(`${members}.`)
    if (!(isMember || Object.hasOwn(fields, field)) || !op) continue
    filters.push({ field, op, values: op === 'is' ? String(text).split(',') : [String(text)] })
  }
  const { limit, after, before, sort, includeTotal } = asked
  return {
    ...(typeof limit === 'number' ? { limit } : {}),
    ...(typeof after === 'string' ? { after } : {}),
    ...(typeof before === 'string' ? { before } : {}),
    ...(typeof sort === 'string' ? { sort } : {}),
    ...(includeTotal === true ? { includeTotal } : {}),
    ...(filters.length ? { filters } : {}),
  }
}
