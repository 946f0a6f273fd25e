import { isStaff } from '../../kernel/actor.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { invalid } from '../../kernel/problems.ts'
import { endThese, forgetProofs, lockSessionsOf } from '../login/store.ts'
import { holdOrganization } from '../organizations/store.ts'
import { heldRole, refuseUnknown } from '../roles/store.ts'
import { refusePersonWork } from './policy.ts'
import { ChangePerson } from './schema.ts'
import { lockPerson, lockSomeAdmins, normalised } from './store.ts'
import { people } from './table.ts'

/** Changes a person. The desk always keeps an admin who can act. */
export const changePerson = defineCommand({
  name: 'changePerson',
  group: 'people',
  input: ChangePerson,

  async subject({ tx, now }, { personId, organizationId, email, role, disabled }) {
    const address = email === undefined ? undefined : normalised('/email', email)
    const admins = await lockSomeAdmins(tx)
    const person = await lockPerson(tx, personId)
    const isNowhere = organizationId ? !(await holdOrganization(tx, organizationId)) : false
    // with other rights one logs in anew
    const open = disabled || role !== undefined ? await lockSessionsOf(tx, personId, now) : []
    const actsAs = role === undefined ? undefined : await heldRole(tx, role)
    return { person, admins, isNowhere, address, actsAs, open, tx }
  },

  refuse(actor, { person, admins, isNowhere, address, actsAs }, { role, supportTeam, disabled }) {
    if (!isStaff(actor)) return 'person_not_found'
    const refusal = refusePersonWork(actor, [person.role, role, supportTeam ? 'agent' : undefined])
    const unknown = refusal ?? refuseUnknown(role, actsAs)
    if (unknown) return unknown
    const ceases = disabled === true || (role !== undefined && role !== 'admin')
    if (person.erasedAt || person.mergedIntoId) return 'person_inactive'
    if (address !== undefined && !person.emails.includes(address))
      return invalid('/email', 'not_found', 'is none of their addresses')
    if (isNowhere) return invalid('/organizationId', 'not_found', 'is no organization')
    if (ceases && admins.length === 1 && admins[0] === person.id) return 'last_admin'
  },

  async handle(
    context,
    { personId: _, expectedVersion, disabled, email: _email, ...others },
    { person, address, actsAs = person.actsAs, open, tx },
  ) {
    const { update, emit, now } = context
    const fields = address === undefined ? others : { ...others, email: address }
    await refuseStale(tx, person, expectedVersion, [
      ...Object.keys(fields),
      ...(disabled === undefined ? [] : ['disabledAt']),
    ])
    const disabledAt = disabled === undefined ? person.disabledAt : disabled ? (person.disabledAt ?? now) : null
    const changes = changesBetween(person, { ...fields, disabledAt })
    if (!Object.keys(changes).length) return person
    // what a domain said is now somebody's word
    const vouched = fields.organizationId === undefined ? {} : { organizationVouched: fields.organizationId !== null }
    if ('disabledAt' in changes || 'role' in changes) endThese(context, open, disabled ? 'disabled' : 'role')
    if (person.actsAs === 'requester' && actsAs !== 'requester') await forgetProofs(context, person.id)
    update(people, person, { ...fields, ...vouched, actsAs, disabledAt, version: person.version + 1, updatedAt: now })
    emit({
      type: 'person.changed',
      object: { type: 'person', id: person.id, version: person.version },
      changes,
      data: {},
    })
    return person
  },
})
