import { defineCommand } from '../../kernel/desk.ts'
import { lockPerson } from '../people/store.ts'
import { people } from '../people/table.ts'
import { choicesAfter, preferencesOf } from './decide.ts'
import { refuseOthers } from './policy.ts'
import { ChangeNotificationPreferences } from './schema.ts'

/** How the caller wishes to be told of what; what is not named stays as it was. */
export const changeNotificationPreferences = defineCommand({
  name: 'changeNotificationPreferences',
  group: 'notifications',
  isPersonal: true,
  input: ChangeNotificationPreferences,
  subject: ({ tx, actor }) => lockPerson(tx, actor.id),
  refuse: refuseOthers,

  handle({ update }, { digestMinutes, ...levels }, person) {
    const notices = choicesAfter(person.notices, levels)
    update(people, person, { notices, digestMinutes: digestMinutes ?? person.digestMinutes })
    return preferencesOf(person)
  },
})
