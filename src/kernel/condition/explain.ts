import type { Asking, Condition, Field, Fields, Leaf } from './language.ts'
import { fieldOf, leafPredicate } from './predicate.ts'

/** What one leaf said of the facts. */
interface Finding {
  field: string
  op: string
  value: unknown
  /** What the facts hold: null where nothing; from and to where a change was asked for. */
  actual: unknown
  held: boolean
}

interface Explanation {
  held: boolean
  /** Every leaf, in the order of the condition. */
  conditions: Finding[]
  /** The first that made the whole fail; in a `none` it is one that held. */
  failedCondition: Finding | null
}

interface Judged {
  held: boolean
  findings: Finding[]
  culprit: Finding | null
}

const TEXT_LENGTH_MAX = 500

/** The same answer as the predicate's, with what every leaf saw. */
export function explain<F>(condition: Condition, fields: Fields<F>, facts: F, asking: Asking): Explanation {
  const { held, findings, culprit } = judge(condition, fields, facts, asking)
  return { held, conditions: findings, failedCondition: held ? null : culprit }
}

function judge<F>(condition: Condition, fields: Fields<F>, facts: F, asking: Asking): Judged {
  if (!('all' in condition || 'any' in condition || 'none' in condition)) {
    const field = fieldOf(condition, fields)
    const held = leafPredicate(condition, field)(facts, asking)
    const { op, value = null } = condition
    const finding = { field: condition.field, op, value, actual: actualOf(condition, field, facts), held }
    return { held, findings: [finding], culprit: finding }
  }
  const nodes = 'all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none
  const parts = nodes.map((node) => judge(node, fields, facts, asking))
  const findings = parts.flatMap((part) => part.findings)
  // the part that decided: in an `all` the first that failed, else the first that held
  const decisive = parts.find((part) => part.held !== 'all' in condition) ?? parts[0]
  const held =
    'all' in condition
      ? parts.every((part) => part.held)
      : 'any' in condition
        ? parts.some((part) => part.held)
        : !parts.some((part) => part.held)
  return { held, findings, culprit: decisive?.culprit ?? null }
}

function actualOf<F>({ op }: Leaf, field: Field<F>, facts: F): unknown {
  const to = shortened(field.read(facts))
  if (op !== 'changed' && op !== 'changedFrom' && op !== 'changedTo') return to
  const from = field.changedFrom?.(facts)
  return from ? { from: shortened(from.value), to } : null
}

const shortened = (value: unknown): unknown =>
  typeof value === 'string' && value.length > TEXT_LENGTH_MAX
    ? `${value.slice(0, TEXT_LENGTH_MAX - 1).toWellFormed()}…`
    : (value ?? null)
