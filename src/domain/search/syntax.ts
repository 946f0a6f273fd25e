import type { Condition, Field, Fields, Leaf } from '../../kernel/condition/language.ts'
import { readMoment } from '../../kernel/condition/moment.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { valueFromText } from '../../kernel/condition/values.ts'
import { nearest } from '../../kernel/nearest.ts'
import type { Fault } from '../../kernel/problems.ts'
import { readTokens, type Token } from './tokens.ts'

/** What a query asks: a condition, and words to be found or not to be found. */
export interface Asked {
  condition: Condition
  /** Words and phrases that are all to be found. */
  words: string[]
  /** Those of which none may be. */
  without: string[]
}

/** Short names of fields; every field may also be called by its own. */
const NAMES: Record<string, string> = {
  tag: 'tags',
  assignee: 'assigneeId',
  team: 'teamId',
  organization: 'organizationId',
  parent: 'parentId',
  created: 'createdAt',
  updated: 'updatedAt',
  due: 'dueAt',
  replied: 'firstRepliedAt',
  solved: 'solvedAt',
  closed: 'closedAt',
  category: 'category',
}

const UNRESOLVED = ['open', 'waiting_on_customer', 'waiting_on_other']
const inCategories = (...value: string[]): Leaf => ({ field: 'statusCategory', op: 'in', value })

const IS: Record<string, Leaf> = {
  open: inCategories('open'),
  waiting: inCategories('waiting_on_customer', 'waiting_on_other'),
  unresolved: inCategories(...UNRESOLVED),
  solved: inCategories('solved'),
  closed: inCategories('closed'),
  assigned: { field: 'assigneeId', op: 'present' },
  unassigned: { field: 'assigneeId', op: 'absent' },
  mine: { field: 'assigneeId', op: 'is', value: 'me' },
  needs_reaction: { field: 'needsReaction', op: 'is', value: true },
}

const COMPARE = { '>=': 'gte', '<=': 'lte', '>': 'gt', '<': 'lt' } as const

/** `is:open priority:>=high tag:vip -tag:spam assignee:me created:>-7d "paper jam" printer`, with every fault at its position. */
export function readQuery<F>(query: string, fields: Fields<F>, at: string): { asked?: Asked; faults: Fault[] } {
  const { tokens, fault } = readTokens(query)
  if (fault) return { faults: [{ pointer: at, ...fault }] }
  const faults: Fault[] = []
  const all: Condition[] = []
  for (const token of tokens) {
    if (token.key === undefined) continue
    const read = leafFrom(token, fields)
    const { condition, faults: wrong } =
      'leaf' in read ? readCondition(read.leaf, fields, { use: 'list' }) : { ...read, condition: undefined }
    for (const { code, detail, didYouMean } of wrong)
      faults.push({
        pointer: at,
        code,
        detail: `at ${token.position}, ${token.text}: ${detail}`,
        position: token.position,
        ...(didYouMean ? { didYouMean } : {}),
      })
    if (condition) all.push(token.isNegated ? { none: [condition] } : condition)
  }
  const texts = tokens.filter(({ key }) => key === undefined)
  const valuesOf = (some: Token[]) => some.map(({ value }) => value)
  const asked = {
    condition: { all },
    words: valuesOf(texts.filter(({ isNegated }) => !isNegated)),
    without: valuesOf(texts.filter(({ isNegated }) => isNegated)),
  }
  return faults.length ? { faults } : { asked, faults }
}

/** Whether a query asks for more than words. What is wrong with it is told by `readQuery`. */
export const namesFields = (query: string): boolean => readTokens(query).tokens.some(({ key }) => key !== undefined)

type Read = { leaf: unknown } | { faults: Omit<Fault, 'pointer'>[] }

const refused = (code: string, detail: string, didYouMean?: string): Read => ({
  faults: [
    {
      code,
      detail: didYouMean ? `${detail}; did you mean ${didYouMean}?` : detail,
      ...(didYouMean ? { didYouMean } : {}),
    },
  ],
})

function leafFrom<F>({ key = '', value }: Token, fields: Fields<F>): Read {
  if (key === 'is') {
    const leaf = Object.hasOwn(IS, value) ? IS[value] : undefined
    return leaf
      ? { leaf }
      : refused('not_found', `is: takes ${Object.keys(IS).join(', ')}`, nearest(value, Object.keys(IS)))
  }
  const name = key === 'requester' ? requesterField(value) : Object.hasOwn(NAMES, key) ? NAMES[key] : key
  const field = fields.get(name ?? '')
  if (!field || !name) {
    const known = ['is', 'requester', ...Object.keys(NAMES), ...fields.keys()]
    return refused('unknown_field', `${key} is nothing to search by`, nearest(key, known))
  }
  if (value === 'none') return { leaf: { field: name, op: 'absent' } }
  if (value === 'any') return { leaf: { field: name, op: 'present' } }
  const [, sign = '', rest = ''] = /^(>=|<=|>|<)?(.*)$/s.exec(value) ?? []
  if (!rest) return refused('missing', 'has no value')
  if (isCompare(sign)) return { leaf: { field: name, op: COMPARE[sign], value: valueFromText(field, rest) } }
  return { leaf: plainLeaf(name, field, rest) }
}

const isCompare = (sign: string): sign is keyof typeof COMPARE => Object.hasOwn(COMPARE, sign)

/** An id or `me`, an address, or a part of the name. */
const requesterField = (value: string): string =>
  value === 'me' || value.startsWith('per_')
    ? 'requesterId'
    : value.includes('@')
      ? 'requester.email'
      : 'requester.name'

/** A value without a sign: equal to it, any of several, within a day or a span, or holding it. */
function plainLeaf<F>(name: string, field: Field<F>, value: string): unknown {
  switch (field.type) {
    case 'instant':
      return { field: name, op: 'within', value: /^\d{4}-\d{2}-\d{2}$/.test(value) ? dayOf(value) : value }
    case 'text':
      return { field: name, op: name === 'requester.email' ? 'is' : 'contains', value }
    case 'tags':
      return { any: value.split(',').map((tag) => ({ field: name, op: 'contains', value: tag })) }
    case 'boolean':
      return { field: name, op: 'is', value: valueFromText(field, value) }
    default: {
      const values = value.split(',').map((each) => valueFromText(field, each))
      return values.length > 1 ? { field: name, op: 'in', value: values } : { field: name, op: 'is', value: values[0] }
    }
  }
}

const DAY_END = 'T23:59:59.999Z'
/** From its first to its last moment in UTC. */
const dayOf = (date: string): string[] => (readMoment(`${date}${DAY_END}`) ? [date, `${date}${DAY_END}`] : [date, date])
