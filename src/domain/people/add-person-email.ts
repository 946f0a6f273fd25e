import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { refusePersonWork, seesPerson } from './policy.ts'
import { PersonEmail } from './schema.ts'
import { ADDRESS_CONSTRAINT, changeEmails, EMAILS_MAX, findPersonByAddress, lockPerson, normalised } from './store.ts'
import { personEmails } from './table.ts'

/** One more address of a person. Whoever adds it says that it is theirs: it counts as verified. */
export const addPersonEmail = defineCommand({
  name: 'addPersonEmail',
  group: 'people',
  input: PersonEmail,
  constraints: { [ADDRESS_CONSTRAINT]: 'email_taken' },

  async subject({ tx }, { personId, email }) {
    const address = normalised('/email', email)
    const person = await lockPerson(tx, personId)
    return { person, address, owner: await findPersonByAddress(tx, address) }
  },

  refuse(actor, { person, owner }) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    const refusal = refusePersonWork(actor, [person.role])
    if (refusal) return refusal
    if (person.erasedAt || person.mergedIntoId) return 'person_inactive'
    if (owner) return 'email_taken'
    if (person.emails.length >= EMAILS_MAX) return invalid('/email', 'too_many', `${EMAILS_MAX} are theirs already`)
  },

  handle(context, _input, { person, address }) {
    const { insert, now } = context
    insert(personEmails, { address, personId: person.id, verifiedAt: now, createdAt: now })
    return changeEmails(context, person, { emails: [...person.emails, address] })
  },
})
