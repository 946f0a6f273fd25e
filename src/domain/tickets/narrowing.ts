import { isStaff } from '../../kernel/actor.ts'
import type { Condition, Field, Fields } from '../../kernel/condition/language.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { questionOf } from '../../kernel/condition/question.ts'
import { valueFromText } from '../../kernel/condition/values.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import { allOf, type Filters, type Term } from '../../kernel/filter.ts'
import { type List, type Narrowing, type PageInput, wrongParameter } from '../../kernel/page.ts'
import { FIELDS } from '../fields/policy.ts'
import { vocabulary } from '../types/store.ts'
import { requesterFieldsOf, type TicketFacts, ticketFields } from './conditions.ts'
import { fieldSorts } from './fields.ts'

type Filter = Filters[number]

const isCustom = ({ field }: Filter): boolean => field.startsWith(FIELDS)

/** Whether a list is asked for by custom fields: only then it has to know of them. */
export const namesFields = ({ sort = '', filters = [] }: PageInput): boolean =>
  sort.includes(FIELDS) || filters.some(isCustom)

interface Asked<R> {
  list: List<R>
  input: PageInput
  narrowing: Narrowing | undefined
}

/** The same list with the custom fields that this actor sees: to sort by, and filters on them as a condition. */
export async function withFields<R>(context: QueryContext, { list, input, narrowing }: Asked<R>): Promise<Asked<R>> {
  const { actor, now } = context
  const words = await context.cached(vocabulary)
  const { filters = [], ...page } = input
  const custom = filters.filter(isCustom)
  const sorted = { ...list, sorts: { ...list.sorts, ...fieldSorts(actor, words.fields) } }
  if (!custom.length) return { list: sorted, input, narrowing }

  const fields = isStaff(actor) ? ticketFields(words) : requesterFieldsOf(words)
  const question = questionOf({ all: custom.map((filter) => conditionOf(filter, fields)) }, fields)
  const term: Term = { ...question, values: question.values({ me: actor.id, now }) }
  const name = JSON.stringify([narrowing?.name ?? null, custom])
  return {
    list: sorted,
    input: { ...page, filters: filters.filter((filter) => !isCustom(filter)) },
    narrowing: { name, term: narrowing ? allOf([narrowing.term, term]) : term },
  }
}

/** `fields.size[gte]=3` is a comparison, `fields.colour=red,blue` any of several; `none` is empty but for texts. */
function conditionOf({ field: name, op, values }: Filter, fields: Fields<TicketFacts>): Condition {
  const field = fields.get(name)
  if (!field) return checked(name, { field: name, op }, fields)
  const [first = '', ...more] = values
  if (op !== 'is') {
    if (more.length) throw wrongParameter(name, 'takes one value')
    return checked(name, { field: name, op, value: valueFromText(field, first) }, fields)
  }
  const present = values.filter((value) => value !== 'none' || field.type === 'text')
  const parts = [
    ...(present.length ? [equalTo(name, field, present)] : []),
    ...(present.length < values.length ? [{ field: name, op: 'absent' }] : []),
  ]
  return checked(name, parts.length === 1 ? parts[0] : { any: parts }, fields)
}

function equalTo(name: string, field: Field<TicketFacts>, values: readonly string[]): object {
  const wanted = values.map((value) => valueFromText(field, value))
  return wanted.length === 1 ? { field: name, op: 'is', value: wanted[0] } : { field: name, op: 'in', value: wanted }
}

function checked(name: string, input: unknown, fields: Fields<TicketFacts>): Condition {
  const { condition, faults } = readCondition(input, fields, { use: 'list' })
  const [fault] = faults
  if (condition && !fault) return condition
  if (fault?.code === 'unknown_field') throw wrongParameter(name, 'is unknown here', fault.didYouMean)
  throw wrongParameter(name, fault?.detail ?? 'is wrong', fault?.didYouMean)
}
