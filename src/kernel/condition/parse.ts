import { nearest } from '../nearest.ts'
import { type Fault, invalidInput } from '../problems.ts'
import { type Condition, type Fields, isOp, type Leaf, operators, opsOf, type Use } from './language.ts'
import { readValue } from './values.ts'

const NODES_MAX = 50
/** Groups within groups; a single leaf has none. */
const DEPTH_MAX = 5
const GROUPS = ['all', 'any', 'none'] as const
const LEAF_MEMBERS = ['field', 'op', 'value']

interface Parsing<F> {
  fields: Fields<F>
  use: Use
  faults: Fault[]
  nodes: number
}

interface Place {
  /** Where the condition stands in the input (RFC 6901), for pointers. */
  at?: string
  use?: Use
}

/** A condition of the language from any JSON, or invalid_input with every fault at its place. */
export function parseCondition<F>(input: unknown, fields: Fields<F>, place: Place = {}): Condition {
  const { condition, faults } = readCondition(input, fields, place)
  if (condition && !faults.length) return condition
  throw invalidInput(faults)
}

/** The same without throwing, for an input that holds more than a condition. */
export function readCondition<F>(
  input: unknown,
  fields: Fields<F>,
  { at = '', use = 'facts' }: Place = {},
): { condition: Condition | undefined; faults: Fault[] } {
  const parsing: Parsing<F> = { fields, use, faults: [], nodes: 0 }
  const condition = readNode(parsing, input, at, 0)
  // past the limit only its own fault is worth telling
  const faults =
    parsing.nodes > NODES_MAX
      ? [{ pointer: at, code: 'too_many', detail: `has more than ${NODES_MAX} nodes` }]
      : parsing.faults
  return { condition, faults }
}

function readNode<F>(parsing: Parsing<F>, input: unknown, at: string, depth: number): Condition | undefined {
  if (++parsing.nodes > NODES_MAX) return
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return wrong(parsing, at, 'type', 'must be an object with all, any, none, or field and op')
  const members = new Map<string, unknown>(Object.entries(input))
  const groups = GROUPS.filter((name) => members.has(name))
  const [group] = groups
  if (!group) return readLeaf(parsing, members, at)
  for (const name of members.keys())
    if (name !== group) wrong(parsing, `${at}/${escaped(name)}`, 'unknown', `cannot stand beside ${group}`)
  return readGroup(parsing, group, members.get(group), { at: `${at}/${group}`, depth })
}

function readGroup<F>(
  parsing: Parsing<F>,
  group: (typeof GROUPS)[number],
  nodes: unknown,
  { at, depth }: { at: string; depth: number },
): Condition | undefined {
  if (!Array.isArray(nodes)) return wrong(parsing, at, 'type', 'must be a list of conditions')
  if (depth >= DEPTH_MAX) return wrong(parsing, at, 'too_deep', `is nested deeper than ${DEPTH_MAX} groups`)
  const read = nodes
    .slice(0, NODES_MAX + 1)
    .flatMap((node, n) => readNode(parsing, node, `${at}/${n}`, depth + 1) ?? [])
  if (group === 'all') return { all: read }
  return group === 'any' ? { any: read } : { none: read }
}

function readLeaf<F>(parsing: Parsing<F>, members: ReadonlyMap<string, unknown>, at: string): Leaf | undefined {
  for (const name of members.keys()) {
    if (LEAF_MEMBERS.includes(name)) continue
    const meant = nearest(name, [...GROUPS, ...LEAF_MEMBERS])
    wrong(parsing, `${at}/${escaped(name)}`, 'unknown', 'is not known here', meant)
  }
  const name = members.get('field')
  const op = members.get('op')
  const known = typeof name === 'string' ? parsing.fields.get(name) : undefined
  if (!known || typeof name !== 'string') wrongField(parsing, name, `${at}/field`)
  if (typeof op !== 'string' || !isOp(op)) {
    const detail = op === undefined ? 'is required' : 'is no operator'
    const meant = typeof op === 'string' ? nearest(op, Object.keys(operators)) : undefined
    return wrong(parsing, `${at}/op`, op === undefined ? 'missing' : 'not_allowed', detail, meant)
  }
  if (!known || typeof name !== 'string') return

  const ops = opsOf(known, parsing.use)
  if (!ops.length) return wrong(parsing, `${at}/field`, 'not_allowed', `${name} can be asked of events only`)
  if (!ops.includes(op)) {
    const detail = `${op} is no operator of ${name} (${known.type})${parsing.use === 'list' ? ' in lists' : ''}: it takes ${ops.join(', ')}`
    return wrong(parsing, `${at}/op`, 'not_allowed', detail)
  }
  const { value, faults } = readValue(known, op, members.get('value'))
  for (const { index, code, detail, didYouMean } of faults)
    wrong(parsing, `${at}/value${index === undefined ? '' : `/${index}`}`, code, detail, didYouMean)
  return { field: name, op, ...(value === undefined ? {} : { value }) }
}

function wrongField<F>(parsing: Parsing<F>, name: unknown, at: string): undefined {
  if (name === undefined) return wrong(parsing, at, 'missing', 'is required, or all, any or none')
  if (typeof name !== 'string') return wrong(parsing, at, 'type', 'must be the name of a field')
  const detail = `${JSON.stringify(name.slice(0, 64))} is no field of conditions`
  return wrong(parsing, at, 'unknown_field', detail, nearest(name, [...parsing.fields.keys()]))
}

/** Notes a fault; the answer is nothing, so that a reader can return it. */
function wrong<F>(parsing: Parsing<F>, pointer: string, code: string, detail: string, didYouMean?: string): undefined {
  parsing.faults.push(
    didYouMean
      ? { pointer, code, detail: `${detail}; did you mean ${didYouMean}?`, didYouMean }
      : { pointer, code, detail },
  )
}

const escaped = (name: string): string => name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
