import { defineCommand } from '../../kernel/desk.ts'
import { shownMail } from '../outbound/decide.ts'
import type { OutboundMail } from '../outbound/schema.ts'
import { refusePersonWork, seesPerson } from '../people/policy.ts'
import { lockPerson } from '../people/store.ts'
import { PersonAct } from './schema.ts'
import { queueTokenMail } from './tokens.ts'

/** Mails somebody a token with which they set their password, and prove their address. */
export const invitePerson = defineCommand({
  name: 'invitePerson',
  group: 'access',
  input: PersonAct,
  subject: ({ tx }, { personId }) => lockPerson(tx, personId),

  refuse(actor, person) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    return refusePersonWork(actor, [person.role]) ?? (person.disabledAt ? 'person_inactive' : undefined)
  },

  handle: (context, _input, person): OutboundMail =>
    shownMail(queueTokenMail(context, 'invitation', person, person.email)),
})
