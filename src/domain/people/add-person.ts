import { defineCommand } from '../../kernel/desk.ts'
import { heldRole, refuseUnknown } from '../roles/store.ts'
import { refusePersonWork } from './policy.ts'
import { AddPerson } from './schema.ts'
import { ADDRESS_CONSTRAINT, findPersonByAddress, insertPerson, normalised, ORGANIZATION_CONSTRAINT } from './store.ts'

/** A new person. An address belongs to one person only. */
export const addPerson = defineCommand({
  name: 'addPerson',
  group: 'people',
  input: AddPerson,
  retryOn: [ORGANIZATION_CONSTRAINT],
  constraints: { [ADDRESS_CONSTRAINT]: 'email_taken' },

  async subject({ tx }, { email, role = 'requester' }) {
    const address = normalised('/email', email)
    const [known, actsAs] = await Promise.all([findPersonByAddress(tx, address), heldRole(tx, role)])
    return { address, taken: known !== undefined, actsAs }
  },

  refuse: (actor, { taken, actsAs }, { role, supportTeam }) =>
    refusePersonWork(actor, [role, supportTeam ? 'agent' : undefined]) ??
    refuseUnknown(role, actsAs) ??
    (taken ? 'email_taken' : undefined),

  handle(
    context,
    { name = null, role = 'requester', supportTeam, locale = null, timeZone = null },
    { address, actsAs = 'requester' },
  ) {
    const isAssignable = supportTeam ?? actsAs === 'agent'
    const standing = { role, actsAs, supportTeam: isAssignable }
    return insertPerson(context, { name, email: address, ...standing, locale, timeZone, verified: false })
  },
})
