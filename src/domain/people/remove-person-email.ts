import { normaliseAddress } from '../../kernel/address.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refusePersonWork, seesPerson } from './policy.ts'
import { PersonEmail } from './schema.ts'
import { changeEmails, findEmail, lockPerson } from './store.ts'
import { personEmails } from './table.ts'

/** An address is a person's no more; mail from it is somebody else's. The one that mail goes to stays. */
export const removePersonEmail = defineCommand({
  name: 'removePersonEmail',
  group: 'people',
  input: PersonEmail,

  async subject({ tx }, { personId, email }) {
    const address = normaliseAddress(email) ?? email // what is no address is nobody's
    const person = await lockPerson(tx, personId)
    return { person, address, held: await findEmail(tx, person.id, address) }
  },

  refuse(actor, { person, address, held }) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    const refusal = refusePersonWork(actor, [person.role])
    if (refusal) return refusal
    if (!held) return 'email_not_found'
    return person.email === address ? 'email_is_primary' : undefined
  },

  handle(context, _input, { person, address, held }) {
    if (held) context.remove(personEmails, held)
    changeEmails(context, person, { emails: person.emails.filter((each) => each !== address) })
    return { id: address }
  },
})
