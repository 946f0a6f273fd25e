import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { lockTree, placeBelow, ticketIdOf } from '../relations/store.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { answeredTicket, refuseAgents, seesTicket } from '../tickets/policy.ts'
import { type Ticket, TicketAct } from '../tickets/schema.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { activityOf, moveBack, rewrite } from './moving.ts'
import { chainOf, dropFollowers, familyOf, leadTo, lockedIn, lockMerges, lockTickets } from './store.ts'

/**
 * A merged ticket is itself again, with all that came with it: what was written on it and on those that were merged into it before. What
 * was written after the merge stays where it was written. From the middle of a chain, too.
 */
export const undoMerge = defineCommand({
  name: 'undoMerge',
  group: 'tickets',
  input: TicketAct,

  async subject({ tx }, { ticketId }) {
    await lockTree(tx)
    await lockMerges(tx)
    const sourceId = await ticketIdOf(tx, ticketId)
    const chain = await chainOf(tx, sourceId)
    const locked = await lockTickets(tx, [sourceId, ...chain])
    const family = await familyOf(tx, sourceId)
    return { source: lockedIn(locked, sourceId), chain: chain.map((id) => lockedIn(locked, id)), family }
  },

  refuse: (actor, { source, chain }) =>
    refuseAgents(actor, source.ticket) ??
    // what goes back is taken from the others
    (chain.every(({ ticket }) => seesTicket(actor, ticket)) ? undefined : 'forbidden') ??
    (source.ticket.mergedIntoId === null ? 'ticket_not_merged' : undefined),

  async handle(context, _input, { source, chain, family }): Promise<Ticket> {
    const end = chain.at(-1)
    if (!end) throw new Error('a ticket that is not merged is refused')
    const messages = await moveBack(context, { from: end.ticket, to: source.ticket }, family)
    await leadTo(
      context,
      family.filter((id) => id !== source.ticket.id),
      source.ticket.id,
    )
    const activity = await activityOf(context, [source.ticket.id, end.ticket.id])
    const told = { sourceId: source.ticket.id, targetId: end.ticket.id, messages }
    for (const [locked, more] of [
      [source, { mergedIntoId: null, mergedUnderId: null }],
      [end, {}],
    ] as const) {
      const before = { ...locked.ticket }
      rewrite(context, locked, { ...activity(locked.ticket.id), ...more })
      const { ticket: after, ...parties } = locked
      context.emit({
        type: 'ticket.unmerged',
        ticketId: after.id,
        object: { type: 'ticket', id: after.id, version: after.version },
        data: told,
        facts: ticketFacts({ before, after, ...parties, actor: context.actor, versions: context.versions }),
        working: locked,
      })
    }
    await leaveFollowers(context, chain)
    await leaveRing(context, source)
    return source.ticket
  },

  answer: answeredTicket,
})

/** On the way up, those follow no more whom only this merge had brought. */
async function leaveFollowers(context: CommandContext, chain: readonly LockedTicket[]): Promise<void> {
  for (const { ticket } of chain) {
    const gone = await dropFollowers(context, ticket.id, await familyOf(context, ticket.id))
    for (const personId of gone)
      context.emit({
        type: 'ticket.unfollowed',
        ticketId: ticket.id,
        object: { type: 'person', id: personId, version: null },
        data: { personId },
      })
  }
}

/** While it was merged, nobody asked of what it is a part: that may be a part of its own by now. */
async function leaveRing(context: CommandContext, { ticket }: LockedTicket): Promise<void> {
  if (ticket.parentId === null) return
  const { ancestors } = await placeBelow(context, ticket.parentId, null)
  if (ancestors.includes(ticket.id)) context.update(tickets, ticket, { parentId: null })
}
