import { defineCommand } from '../../kernel/desk.ts'
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

  async subject({ tx }, { email }) {
    const address = normalised('/email', email)
    return { address, taken: (await findPersonByAddress(tx, address)) !== undefined }
  },

  refuse: (actor, { taken }, { role, supportTeam }) =>
    refusePersonWork(actor, [role, supportTeam ? 'agent' : undefined]) ?? (taken ? 'email_taken' : undefined),

  handle(
    context,
    { name = null, role = 'requester', supportTeam = role === 'agent', locale = null, timeZone = null },
    { address },
  ) {
    return insertPerson(context, { name, email: address, role, supportTeam, locale, timeZone, verified: false })
  },
})
