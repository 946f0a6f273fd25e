import { isStaff } from '../../kernel/actor.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refusePersonWork } from './policy.ts'
import { ChangePerson } from './schema.ts'
import { lockPerson, lockSomeAdmins } from './store.ts'
import { people } from './table.ts'

/** Changes a person. The desk always keeps an admin who can act. */
export const changePerson = defineCommand({
  name: 'changePerson',
  group: 'people',
  input: ChangePerson,

  async subject({ tx }, { personId }) {
    const admins = await lockSomeAdmins(tx)
    return { person: await lockPerson(tx, personId), admins, tx }
  },

  refuse(actor, { person, admins }, { role, supportTeam, disabled }) {
    if (!isStaff(actor)) return 'person_not_found'
    const refusal = refusePersonWork(actor, [person.role, role, supportTeam ? 'agent' : undefined])
    if (refusal) return refusal
    const ceases = disabled === true || (role !== undefined && role !== 'admin')
    if (ceases && admins.length === 1 && admins[0] === person.id) return 'last_admin'
  },

  async handle({ update, emit, now }, { personId: _, expectedVersion, disabled, ...fields }, { person, tx }) {
    await refuseStale(tx, person, expectedVersion, [
      ...Object.keys(fields),
      ...(disabled === undefined ? [] : ['disabledAt']),
    ])
    const disabledAt = disabled === undefined ? person.disabledAt : disabled ? (person.disabledAt ?? now) : null
    const changes = changesBetween(person, { ...fields, disabledAt })
    if (!Object.keys(changes).length) return person
    update(people, person, { ...fields, disabledAt, version: person.version + 1, updatedAt: now })
    emit({
      type: 'person.changed',
      object: { type: 'person', id: person.id, version: person.version },
      changes,
      data: {},
    })
    return person
  },
})
