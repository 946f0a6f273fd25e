import type { GraphQLResolveInfo, SelectionSetNode } from 'graphql'
import type { FilterField, Filters } from '../kernel/filter.ts'
import type { Page, PageInput } from '../kernel/page.ts'

export interface ConnectionArgs {
  first?: number | null
  after?: string | null
  before?: string | null
  sort?: string | null
  filter?: Record<string, unknown> | null
}

/** The arguments of a connection as the page that the query reads. */
export function pageFrom(
  args: ConnectionArgs,
  info: GraphQLResolveInfo,
  fields: Record<string, FilterField>,
  members?: string,
): PageInput {
  const { first, after, before, sort, filter } = args
  const filters = filter ? filtersFrom(filter, fields, members) : []
  return {
    ...(first == null ? {} : { limit: first }),
    ...(after == null ? {} : { after }),
    ...(before == null ? {} : { before }),
    ...(sort == null ? {} : { sort }),
    ...(filters.length ? { filters } : {}),
    ...(selects(info, 'totalCount') ? { includeTotal: true } : {}),
  }
}

export const connection = <R>({ data, nextCursor, prevCursor, total }: Page<R>) => ({
  nodes: data,
  pageInfo: {
    hasNextPage: nextCursor !== null,
    hasPreviousPage: prevCursor !== null,
    startCursor: prevCursor,
    endCursor: nextCursor,
  },
  totalCount: total ?? null,
})

/** `{ status: ["open"], createdAt: { gte: "-7d" } }` as the query's filters. */
function filtersFrom(
  filter: Record<string, unknown>,
  fields: Record<string, FilterField>,
  members: string | undefined,
): Filters {
  return Object.entries(filter).flatMap(([field, given]): Filters => {
    if (field === members && typeof given === 'object' && given !== null && !Array.isArray(given))
      return Object.entries(given).flatMap(([key, value]) => filtersOf(`${members}.${key}`, value))
    return field === members || Object.hasOwn(fields, field) ? filtersOf(field, given) : []
  })
}

function filtersOf(field: string, given: unknown): Filters {
  if (given === null || given === undefined) return []
  if (typeof given !== 'object' || Array.isArray(given)) return [{ field, op: 'is', values: textsOf(given) }]
  return Object.entries(given).flatMap(([op, value]) =>
    value == null ? [] : [{ field, op: op as Filters[number]['op'], values: textsOf(value) }],
  ) // the SDL names the operators, the query looks at those of custom fields
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)])

/** Whether a field is asked for, in the selection itself or in a fragment. */
function selects({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  const inside = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === 'Field') return selection.name.value === name
      return inside(
        selection.kind === 'InlineFragment' ? selection.selectionSet : fragments[selection.name.value]?.selectionSet,
      )
    }) ?? false
  return fieldNodes.some((node) => inside(node.selectionSet))
}
