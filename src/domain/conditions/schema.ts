import { type Static, Type } from 'typebox'
import { Closed, Nullable } from '../../kernel/schema.ts'

const fieldTypes = ['text', 'key', 'ordinal', 'integer', 'boolean', 'instant', 'tags', 'reference'] as const
const operands = ['none', 'one', 'list', 'span', 'pattern'] as const
const kinds = ['person', 'team', 'organization', 'ticket'] as const

const ConditionOption = Closed({ key: Type.String(), name: Type.String() }, { $id: 'ConditionOption' })

const ConditionField = Closed(
  {
    field: Type.String(),
    type: Type.Enum([...fieldTypes]),
    operators: Type.Array(Type.String(), { description: 'In rules, where a condition is asked of an event' }),
    listOperators: Type.Array(Type.String(), { description: 'In views and searches; none for what only events have' }),
    options: Nullable(
      Type.Array(ConditionOption, { description: 'The keys it can have; of an ordinal, from low to high' }),
    ),
    refersTo: Nullable(Type.Enum([...kinds], { description: 'What its ids name; me names the person who asks' })),
  },
  { $id: 'ConditionField' },
)
export type ConditionField = Static<typeof ConditionField>

const ConditionOperator = Closed(
  { op: Type.String(), takes: Type.Enum([...operands], { description: 'What stands in value' }) },
  { $id: 'ConditionOperator' },
)

/** All that an editor of conditions needs to know. */
export const ConditionLanguage = Closed(
  { fields: Type.Array(ConditionField), operators: Type.Array(ConditionOperator) },
  { $id: 'ConditionLanguage', description: 'What conditions can ask' },
)
export type ConditionLanguage = Static<typeof ConditionLanguage>

export const conditionSchemas = { ConditionOption, ConditionField, ConditionOperator, ConditionLanguage }
