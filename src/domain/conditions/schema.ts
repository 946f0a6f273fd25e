import { type Static, Type } from 'typebox'
import { Closed, Nullable } from '../../kernel/schema.ts'

const fieldTypes = [
  'text',
  'key',
  'ordinal',
  'integer',
  'decimal',
  'boolean',
  'date',
  'instant',
  'tags',
  'reference',
] as const
const operands = ['none', 'one', 'list', 'span', 'pattern'] as const
const kinds = ['person', 'team', 'organization', 'ticket'] as const

const ConditionOption = Closed({ key: Type.String(), name: Type.String() }, { $id: 'ConditionOption' })

const ConditionField = Closed(
  {
    field: Type.String(),
    name: Nullable(Type.String({ description: 'What people call a custom field; null for the others' })),
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

const ActionDescription = Closed(
  {
    action: Type.String({ description: 'The command that it runs' }),
    input: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'JSON Schema of what its author gives',
    }),
  },
  { $id: 'ActionDescription' },
)

/** All that an editor of conditions and rules needs to know. */
export const ConditionLanguage = Closed(
  {
    fields: Type.Array(ConditionField),
    operators: Type.Array(ConditionOperator),
    actions: Type.Array(ActionDescription, { description: 'What rules can do; nothing for requesters' }),
    events: Type.Array(Type.String(), { description: 'What rules can listen to' }),
  },
  { $id: 'ConditionLanguage', description: 'What conditions can ask, and rules do' },
)
export type ConditionLanguage = Static<typeof ConditionLanguage>

export const conditionSchemas = {
  ConditionOption,
  ConditionField,
  ConditionOperator,
  ActionDescription,
  ConditionLanguage,
}
