import { type DocumentNode, GraphQLError, type GraphQLSchema } from 'graphql'
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity'
import { Problem } from '../kernel/problems.ts'

const COST_MAX = 1_000

const LIST_ARGUMENTS = ['first', 'last', 'limit'] as const

/** A field costs one where it reads something of its own; a list costs its length times what is in it. Plain properties are free. */
const estimate: ComplexityEstimator = ({ args, childComplexity, type }) => {
  const length = LIST_ARGUMENTS.map((name) => args[name]).find((value) => typeof value === 'number')
  const own = childComplexity > 0 || type.name === 'Query' || type.name === 'Mutation' || length !== undefined ? 1 : 0
  if (length === undefined) return own + childComplexity
  return own + Math.max(length, 0) * Math.max(1, childComplexity)
}

/** What a document may make the database do; more than COST_MAX is refused before anything is read. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
  operationName: string | undefined,
): number {
  let cost: number
  try {
    cost = getComplexity({
      schema,
      query: document,
      variables,
      estimators: [estimate],
      ...(operationName ? { operationName } : {}),
    })
  } catch (error) {
    // the document is wrong in a way that validation tells better
    if (error instanceof GraphQLError) return 0
    throw error
  }
  if (cost > COST_MAX)
    throw new Problem('graphql_invalid', {
      detail: `costs ${cost}; at most ${COST_MAX} is taken: ask for fewer at once`,
      cost,
    })
  return cost
}
