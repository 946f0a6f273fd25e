import { GraphQLError } from 'graphql'
import { Problem, type ProblemExtras, problemOf, renderProblem } from '../kernel/problems.ts'

/** One error of a GraphQL answer, as it is sent. */
export interface SentError {
  message: string
  path?: readonly (string | number)[]
  locations?: readonly { line: number; column: number }[]
  extensions: Record<string, unknown>
}

/** The same table as REST, in extensions; what is not a problem is masked and told by the request's id only. */
export function sentError(error: unknown, requestId: string): SentError {
  const graphqlError = error instanceof GraphQLError ? error : undefined
  const problem = problemIn(error)
  const { title: _, type: __, detail, ...extensions } = renderProblem(problem, requestId)
  return {
    message: String(detail),
    ...(graphqlError?.locations ? { locations: graphqlError.locations } : {}),
    ...(graphqlError?.path ? { path: graphqlError.path } : {}),
    extensions,
  }
}

/** An error of graphql-js itself (a wrong document, a wrong variable) tells what is wrong; one with a cause is judged by it. */
export function problemIn(error: unknown): Problem {
  if (!(error instanceof GraphQLError)) return problemOf(error)
  const cause = error.originalError
  if (cause && !(cause instanceof GraphQLError)) return problemOf(cause)
  const extras: ProblemExtras = { detail: error.message }
  return new Problem('graphql_invalid', extras)
}
