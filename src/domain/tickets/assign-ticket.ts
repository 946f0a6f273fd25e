import { Type } from 'typebox'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { asAssignee, findPerson, findTeam } from '../people/store.ts'
import { chooseAssignee } from '../workload/store.ts'
import { assignmentTurns } from '../workload/table.ts'
import { answeredTicket, refuseAgentWork } from './policy.ts'
import { AssignTicket, type Ticket } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/** Gives a ticket to a person of the support team, to a team, or to nobody; a strategy chooses the person. */
export const assignTicket = defineCommand({
  name: 'assignTicket',
  group: 'tickets',
  input: AssignTicket,

  async subject({ tx, now }, { ticketId, assigneeId, teamId, strategy }) {
    const locked = await lockTicket(tx, ticketId)
    const { id, requesterId } = locked.ticket
    const chosen =
      strategy && (await chooseAssignee(tx, { strategy, teamId: teamId ?? null, requesterId, ticketId: id, now }))
    const personId = chosen ? chosen.choice.personId : assigneeId
    const [assigned, team] = await Promise.all([
      personId ? findPerson(tx, personId) : undefined,
      teamId ? findTeam(tx, teamId) : undefined,
    ])
    return { ...locked, chosen, assigned, team, tx }
  },

  refuse(actor, { ticket, chosen, assigned, team }, { assigneeId, teamId, strategy }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (strategy && assigneeId !== undefined)
      return invalid('/strategy', 'ambiguous', 'give either a person or a strategy')
    if (teamId && !team) return invalid('/teamId', 'not_found', 'is no team')
    if (chosen && chosen.choice.personId === undefined)
      return new Problem('not_assignable', { detail: chosen.choice.reason })
    if ((assigneeId || strategy) && (!assigned?.supportTeam || assigned.disabledAt)) return 'not_assignable'
    if (assigneeId === undefined && teamId === undefined && !strategy)
      return invalid('', 'missing', 'give assigneeId, teamId or strategy')
  },

  ruleAction: { input: Closed(Type.Pick(AssignTicket, ['assigneeId', 'teamId', 'strategy']).properties) },

  async handle(
    context,
    { expectedVersion, ticketId: _, strategy, ...to },
    { tx, chosen, assigned, team: _team, ...locked },
  ): Promise<Ticket> {
    await refuseStale(
      tx,
      locked.ticket,
      expectedVersion,
      strategy ? [...Object.keys(to), 'assigneeId'] : Object.keys(to),
    )
    const choice = chosen?.choice
    if (chosen && choice?.personId !== undefined) context.update(assignmentTurns, chosen.row, choice.turns)
    const choosesPerson = to.assigneeId !== undefined || strategy !== undefined
    assign(context, locked, {
      ...(choosesPerson ? { assignee: assigned ? asAssignee(assigned) : null } : {}),
      ...(to.teamId === undefined ? {} : { teamId: to.teamId }),
      ...(strategy && choice ? { strategy, reason: choice.reason } : {}),
    })
    return locked.ticket
  },

  answer: answeredTicket,
})
