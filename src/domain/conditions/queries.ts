import { isStaff } from '../../kernel/actor.ts'
import { type Field, type Fields, type Op, operators, opsOf } from '../../kernel/condition/language.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { actionSchemas } from '../rules/catalogue.ts'
import { ruleEvents } from '../rules/schema.ts'
import { requesterFieldsOf, type TicketFacts, ticketFields } from '../tickets/conditions.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import type { ConditionField, ConditionLanguage } from './schema.ts'

/** What conditions can ask, with the words of this desk; a requester is told what they can search by. */
export const conditionFields = defineQuery({
  name: 'conditionFields',
  group: 'vocabularies',
  input: NoInput,
  refuse: () => undefined,

  async read({ actor, cached }): Promise<ConditionLanguage> {
    const words = await cached(vocabulary)
    const fields: Fields<TicketFacts> = isStaff(actor) ? ticketFields(words) : requesterFieldsOf(words)
    return {
      fields: [...fields].map(([name, field]) => described(name, field, words, isStaff(actor))),
      operators: Object.entries(operators).map(([op, takes]) => ({ op, takes })),
      actions: isStaff(actor) ? actionSchemas() : [],
      events: isStaff(actor) ? [...ruleEvents] : [],
    }
  },
})

function described(name: string, field: Field<TicketFacts>, words: Vocabulary, seesEvents: boolean): ConditionField {
  const listOperators: Op[] = [...opsOf(field, 'list')]
  const names = namesOf(words, name.replace(/^before\./, ''))
  return {
    field: name,
    name: words.fields.get(customKey(name))?.name ?? null,
    type: field.type,
    operators: seesEvents ? [...opsOf(field, 'facts')] : listOperators,
    listOperators,
    options: field.options?.map((key) => ({ key, name: names.get(key) ?? key })) ?? null,
    refersTo: field.refersTo ?? null,
  }
}

/** The key of a custom field in its name, or nothing that is one. */
const customKey = (name: string): string => /^(?:before\.)?fields\.(.+)$/.exec(name)?.[1] ?? ''

const namesOf = (
  { types, statuses, priorities, categories, projects, fields }: Vocabulary,
  field: string,
): ReadonlyMap<string, string> => {
  const vocabularies: Record<string, Iterable<{ key: string; name: string }>> = {
    type: types.values(),
    status: statuses.values(),
    priority: priorities.values(),
    category: categories.values(),
    project: projects.values(),
  }
  return new Map(
    [...(vocabularies[field] ?? fields.get(customKey(field))?.options ?? [])].map(({ key, name }) => [key, name]),
  )
}
