import { Type } from 'typebox'
import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { noticeKinds } from '../people/schema.ts'
import { asAssignee, findPerson } from '../people/store.ts'
import { TicketRef } from '../tickets/schema.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { insertNotice } from './store.ts'

const given = {
  personId: Type.Optional(Id('Without it: whoever has the ticket')),
  notice: Type.Optional(Type.Enum([...noticeKinds])),
}

/**
 * Tells somebody who works here of what has happened to a ticket, as they wish to be told; nothing where it was their own doing, or
 * where nobody has the ticket. An action of rules.
 */
export const notifyPerson = defineCommand({
  name: 'notifyPerson',
  group: 'notifications',
  input: Closed({ ticketId: TicketRef, ...given }),

  async subject({ tx }, { ticketId, personId }) {
    const [locked, person] = await Promise.all([
      lockTicket(tx, ticketId),
      personId === undefined ? undefined : findPerson(tx, personId),
    ])
    const to = personId === undefined ? locked.assignee : person && !person.disabledAt ? asAssignee(person) : null
    return { locked, to }
  },

  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle(context, { notice = 'ticket_changed' }, { locked, to }) {
    const { cause } = context
    if (to && cause && cause.actor.id !== to.id) insertNotice(context, cause, locked.ticket, { kind: notice, to })
    return null
  },

  ruleAction: {
    input: Closed(given),
    subject: (locked, { personId }) => {
      const held = locked as LockedTicket // what events of tickets hand on
      return personId === undefined ? { locked: held, to: held.assignee } : undefined
    },
  },
})
