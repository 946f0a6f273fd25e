import { isAdmin } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { seesPerson } from '../people/policy.ts'
import { lockPerson } from '../people/store.ts'
import { PersonAct } from './schema.ts'
import { endThese, lockSessionsOf } from './store.ts'

/** Logs somebody out everywhere: oneself, or for admins anybody. */
export const endSessions = defineCommand({
  name: 'endSessions',
  group: 'access',
  input: PersonAct,

  async subject({ tx, now }, { personId }) {
    const person = await lockPerson(tx, personId)
    return { person, open: await lockSessionsOf(tx, personId, now) }
  },

  refuse(actor, { person }) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    return person.id === actor.id || isAdmin(actor) ? undefined : 'forbidden'
  },

  handle(context, _input, { person, open }) {
    endThese(context, open, person.id === context.actor.id ? 'ended' : 'admin')
    return { id: person.id }
  },
})
