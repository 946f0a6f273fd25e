import { type Actor, isAgent, isStaff } from '../../kernel/actor.ts'
import type { CustomField, Definitions } from './schema.ts'

/** By what a custom field is called in conditions, filters, sorts and changes of events. */
export const FIELDS = 'fields.'

type Rights = Pick<CustomField, 'visibility' | 'editing'>

/** Whether a field and its values exist for this actor; the twin of `publicFields` in SQL. */
export const seesField = (actor: Actor, { visibility }: Rights): boolean =>
  isStaff(actor) || visibility === 'requesters'

/** Agents set every field, requesters those that say so. */
export const setsField = (actor: Actor, { editing }: Rights): boolean =>
  isAgent(actor) || (!isStaff(actor) && editing === 'requesters')

/** Whether a change of a field, by its name in events, is seen by requesters. */
export const isPublicField = (name: string, definitions: Definitions): boolean =>
  definitions.get(name.slice(FIELDS.length))?.visibility === 'requesters'

/** The values that this actor reads. */
export function fieldsFor(actor: Actor, fields: Record<string, unknown>, definitions: Definitions) {
  if (isStaff(actor)) return fields
  const seen = Object.entries(fields).filter(([key]) => {
    const field = definitions.get(key)
    return field !== undefined && seesField(actor, field)
  })
  return Object.fromEntries(seen)
}
