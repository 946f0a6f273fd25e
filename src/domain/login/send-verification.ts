import { normaliseAddress } from '../../kernel/address.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { shownMail } from '../outbound/decide.ts'
import type { OutboundMail } from '../outbound/schema.ts'
import { refusePersonWork, seesPerson } from '../people/policy.ts'
import { PersonEmail } from '../people/schema.ts'
import { findEmail, lockPerson } from '../people/store.ts'
import { queueTokenMail } from './tokens.ts'

/** Mails a token to an address, with which its owner says that it is theirs: one's own, or that of somebody whom one may change. */
export const sendVerification = defineCommand({
  name: 'sendVerification',
  group: 'access',
  input: PersonEmail,

  async subject({ tx }, { personId, email }) {
    const address = normaliseAddress(email) ?? email // what is no address is nobody's
    const person = await lockPerson(tx, personId)
    return { person, address, held: await findEmail(tx, person.id, address) }
  },

  refuse(actor, { person, held }) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    const refusal = actor.id === person.id ? undefined : refusePersonWork(actor, [person.role])
    if (refusal) return refusal
    if (!held) return 'email_not_found'
    return person.disabledAt ? 'person_inactive' : undefined
  },

  handle: (context, _input, { person, address }): OutboundMail =>
    shownMail(queueTokenMail(context, 'email_verification', person, address)),
})
