import { Type } from 'typebox'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { asAssignee, findPerson, findTeam } from '../people/store.ts'
import { refuseAgentWork, ticketFor } from './policy.ts'
import { AssignTicket } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/** Gives a ticket to a person of the support team, to a team, or to nobody. */
export const assignTicket = defineCommand({
  name: 'assignTicket',
  group: 'tickets',
  input: AssignTicket,

  async subject({ tx }, { ticketId, assigneeId, teamId }) {
    const [locked, assigned, team] = await Promise.all([
      lockTicket(tx, ticketId),
      assigneeId ? findPerson(tx, assigneeId) : undefined,
      teamId ? findTeam(tx, teamId) : undefined,
    ])
    return { ...locked, assigned, team, tx }
  },

  refuse(actor, { ticket, assigned, team }, { assigneeId, teamId }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (assigneeId && (!assigned?.supportTeam || assigned.disabledAt)) return 'not_assignable'
    if (teamId && !team) return invalid('/teamId', 'not_found', 'is no team')
    if (assigneeId === undefined && teamId === undefined) return invalid('', 'missing', 'give assigneeId or teamId')
  },

  ruleAction: { input: Closed(Type.Pick(AssignTicket, ['assigneeId', 'teamId']).properties) },

  async handle(context, { expectedVersion, ticketId: _, ...to }, { tx, assigned, team: _team, ...locked }) {
    await refuseStale(tx, locked.ticket, expectedVersion, Object.keys(to))
    assign(context, locked, {
      ...(to.assigneeId === undefined ? {} : { assignee: assigned ? asAssignee(assigned) : null }),
      ...(to.teamId === undefined ? {} : { teamId: to.teamId }),
    })
    return ticketFor(context.actor, locked.ticket)
  },
})
