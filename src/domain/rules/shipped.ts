import type { AddRule } from './schema.ts'

const byCustomer = { field: 'actor.role', op: 'is', value: 'requester' } as const
const isDone = { field: 'statusCategory', op: 'in', value: ['solved', 'closed'] } as const

/** The rules of a new desk: data like all others, to be edited, disabled and removed (features.md F8). */
export const shippedRules: readonly AddRule[] = [
  {
    key: 'acknowledge_new_ticket',
    name: 'Tell the requester that their message has arrived',
    on: ['ticket.opened'],
    // a ticket by API or portal brings no mail, and is answered; of a mail its marks decide (RFC 3834)
    if: { none: [{ field: 'message.autorespond', op: 'is', value: false }] },
    then: [{ action: 'acknowledgeTicket' }],
  },
  {
    key: 'agent_reply_waits_for_customer',
    name: 'An agent has answered: the ticket waits for the customer',
    on: ['ticket.replied'],
    if: {
      all: [
        { field: 'actor.role', op: 'in', value: ['agent', 'admin'] },
        { field: 'needsReaction', op: 'is', value: false },
        { none: [isDone] },
      ],
    },
    then: [{ action: 'changeTicket', status: 'waiting_on_customer' }],
  },
  {
    key: 'reopen_on_customer_reply',
    name: 'A customer writes to a solved or closed ticket: it is open again',
    on: ['ticket.replied'],
    if: { all: [byCustomer, isDone] },
    then: [{ action: 'changeTicket', status: 'open' }],
  },
  {
    key: 'customer_reply_waits_for_agent',
    name: 'The customer has answered: the ticket waits for the agent',
    on: ['ticket.replied'],
    if: { all: [byCustomer, { none: [isDone] }, { field: 'lastAgentActivityAt', op: 'present' }] },
    then: [{ action: 'changeTicket', status: 'waiting_on_agent' }],
  },
  {
    key: 'tell_assignee_of_reply',
    name: 'Tell whoever has the ticket that the customer has answered',
    on: ['ticket.replied'],
    if: { all: [byCustomer, { field: 'assigneeId', op: 'present' }] },
    then: [{ action: 'notifyPerson', notice: 'customer_replied' }],
  },
  {
    key: 'tell_assignee_of_assignment',
    name: 'Tell an agent of a ticket that is assigned to them',
    on: ['ticket.opened', 'ticket.assigned'],
    if: {
      all: [
        { field: 'assigneeId', op: 'present' },
        {
          any: [
            { field: 'event.type', op: 'is', value: 'ticket.opened' },
            { field: 'assigneeId', op: 'changed' },
          ],
        },
      ],
    },
    then: [{ action: 'notifyPerson', notice: 'ticket_assigned' }],
    reactToRules: true,
  },
  {
    key: 'tell_assignee_of_sla_warning',
    name: 'Tell whoever has the ticket that what was promised is due soon',
    on: ['sla.warning'],
    if: { field: 'assigneeId', op: 'present' },
    then: [{ action: 'notifyPerson', notice: 'sla_warning' }],
  },
  {
    key: 'tell_assignee_of_sla_breach',
    name: 'Tell whoever has the ticket that what was promised is overdue',
    on: ['sla.breached'],
    if: { field: 'assigneeId', op: 'present' },
    then: [{ action: 'notifyPerson', notice: 'sla_breached' }],
  },
  {
    key: 'round_robin',
    name: 'Give new tickets to those whose turn it is',
    on: ['ticket.opened'],
    if: { field: 'assigneeId', op: 'absent' },
    then: [{ action: 'assignTicket', strategy: 'round_robin' }],
    enabled: false,
  },
  {
    key: 'close_solved_after_a_week',
    name: 'Close what has been solved for a week, and nothing was said or changed since',
    on: ['ticket.changed', 'ticket.replied'],
    if: { field: 'statusCategory', op: 'is', value: 'solved' },
    after: { seconds: 604_800, unless: ['ticket.changed', 'ticket.replied'] },
    then: [{ action: 'changeTicket', status: 'closed' }],
    enabled: false,
    // rules solve tickets and open them again, too
    reactToRules: true,
  },
  {
    key: 'tell_requester_of_each_phase',
    name: 'Tell the requester of each phase that says so: those statuses that notify requesters',
    on: ['ticket.changed'],
    // a status that was replaced in the vocabulary is no new phase
    if: {
      all: [
        { field: 'status', op: 'changed' },
        { field: 'actor.kind', op: 'isNot', value: 'system' },
      ],
    },
    then: [{ action: 'tellPhase' }],
    enabled: false,
    reactToRules: true,
  },
]
