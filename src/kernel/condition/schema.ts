import { Type } from 'typebox'

/** Any JSON object in an input; what it says is looked at by `parseCondition`. */
export const ConditionInput = Type.Unsafe<unknown>({
  type: 'object',
  // its members are those of conditions: a serializer prints only members that it knows, or all
  additionalProperties: true,
  description: 'See docs/conditions.md and GET /v1/conditions',
})
