import { isAgent, reachOf, teamsOf } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { asAssignee, findPerson, findTeam } from '../people/store.ts'
import { answeredTicket } from './policy.ts'
import { nextInQueue } from './queue.ts'
import { TakeNextTicket, type Ticket } from './schema.ts'
import { assign, lockTicket } from './store.ts'

/**
 * Takes the next open ticket that nobody has: the most urgent, of equals the one that waits longest. Of several who ask at once each
 * gets another one, and none waits for the others.
 */
export const takeNextTicket = defineCommand({
  name: 'takeNextTicket',
  group: 'tickets',
  input: TakeNextTicket,

  async subject({ tx, actor }, { teamId }) {
    const [nextId, taker, team] = await Promise.all([
      nextInQueue(tx, {
        teamId: teamId ?? null,
        personId: actor.id,
        only: reachOf(actor) === 'all' ? null : teamsOf(actor),
      }),
      findPerson(tx, actor.id),
      teamId === undefined ? undefined : findTeam(tx, teamId),
    ])
    return { locked: nextId === undefined ? undefined : await lockTicket(tx, nextId), taker, team }
  },

  refuse(actor, { locked, team }, { teamId }) {
    if (!isAgent(actor)) return 'forbidden'
    if (actor.kind !== 'person' || !actor.supportTeam) return 'not_assignable'
    if (teamId !== undefined && !team) return invalid('/teamId', 'not_found', 'is no team')
    return locked ? undefined : 'queue_empty'
  },

  handle(context, _input, { locked, taker }): Ticket {
    if (!locked) throw new Error('an empty queue is refused')
    assign(context, locked, { assignee: taker ? asAssignee(taker) : null, strategy: 'next' })
    return locked.ticket
  },

  answer: answeredTicket,
})
