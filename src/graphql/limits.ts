import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { Problem } from '../kernel/problems.ts'

const TOKENS_MAX = 2_000
const DEPTH_MAX = 10
const ALIASES_MAX = 30
const ROOT_FIELDS_MAX = 20
const DIRECTIVES_MAX = 50
const FRAGMENTS_MAX = 50

/** What a document holds, as far as limits and idempotency ask. */
export interface Measured {
  document: DocumentNode
  mutationFields: number
}

const measured = new LRUCache<string, Measured | Problem | GraphQLError>({ max: 500 })

/** A document within the limits, parsed; the same text is measured once. Counted before it is validated. */
export function measure(source: string): Measured {
  const known = measured.get(source) ?? measureAnew(source)
  measured.set(source, known)
  if (known instanceof Error) throw known
  return known
}

function measureAnew(source: string): Measured | Problem | GraphQLError {
  try {
    const document = parse(source, { maxTokens: TOKENS_MAX })
    return { document, mutationFields: withinLimits(document) }
  } catch (error) {
    if (error instanceof Problem) return error
    if (!(error instanceof GraphQLError)) return invalid('cannot be parsed')
    // what is only too long is not told as a mistake in its syntax
    return /more that \d+ tokens/.test(error.message) ? invalid(`has more than ${TOKENS_MAX} tokens`) : error
  }
}

const invalid = (detail: string) => new Problem('graphql_invalid', { detail })

function withinLimits(document: DocumentNode): number {
  const counts = { aliases: 0, directives: 0 }
  visit(document, {
    Field: (node) => void (node.alias && counts.aliases++),
    Directive: () => void counts.directives++,
  })
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const rootFields = Math.max(0, ...operations.map(({ selectionSet }) => selectionSet.selections.length))
  for (const [name, count, max] of [
    ['aliases', counts.aliases, ALIASES_MAX],
    ['directives', counts.directives, DIRECTIVES_MAX],
    ['fragments', fragments.length, FRAGMENTS_MAX],
    ['root fields', rootFields, ROOT_FIELDS_MAX],
  ] as const) {
    if (count > max) throw invalid(`has ${count} ${name}; at most ${max} are taken`)
  }
  const depth = deepest(operations, fragments)
  if (depth > DEPTH_MAX) throw invalid(`is deeper than ${DEPTH_MAX}`)
  return Math.max(
    0,
    ...operations.map(({ operation, selectionSet }) => (operation === 'mutation' ? fieldsIn(selectionSet) : 0)),
  )
}

/** Fields of a mutation; a fragment may hold any number, so it counts as several. */
const fieldsIn = ({ selections }: SelectionSetNode): number =>
  selections.reduce((sum, { kind }) => sum + (kind === Kind.FIELD ? 1 : 2), 0)

/** The depth of fields, fragments followed; a cycle of fragments ends at the limit. Introspection is bounded by its own schema. */
function deepest(operations: readonly OperationDefinitionNode[], fragments: readonly FragmentDefinitionNode[]): number {
  const named = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  const known = new Map<string, number>()
  const depthOf = (set: SelectionSetNode | undefined, open: readonly string[]): number => {
    if (!set) return 0
    return Math.max(
      0,
      ...set.selections.map((selection) => {
        if (selection.kind === Kind.FIELD)
          return selection.name.value.startsWith('__') ? 1 : 1 + depthOf(selection.selectionSet, open)
        if (selection.kind === Kind.INLINE_FRAGMENT) return depthOf(selection.selectionSet, open)
        return depthOfFragment(selection.name.value, open)
      }),
    )
  }
  const depthOfFragment = (name: string, open: readonly string[]): number => {
    if (open.includes(name)) return DEPTH_MAX + 1
    const depth = known.get(name) ?? depthOf(named.get(name)?.selectionSet, [...open, name])
    known.set(name, depth)
    return depth
  }
  return Math.max(0, ...operations.map(({ selectionSet }) => depthOf(selectionSet, [])))
}
