import { defineCommand } from '../../kernel/desk.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { insertFollowers } from '../followers/store.ts'
import { CHILDREN_MAX, refusePlace } from '../relations/decide.ts'
import { findLivingId, lockTree, placeBelow, ticketIdOf } from '../relations/store.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { answeredTicket, refuseAgentWork } from '../tickets/policy.ts'
import type { Ticket } from '../tickets/schema.ts'
import { activityOf, moveAll, rewrite } from './moving.ts'
import { MergeTicket } from './schema.ts'
import {
  countMessages,
  familyOf,
  leadOn,
  lockedIn,
  lockMerges,
  lockTickets,
  MERGED_MAX,
  MESSAGES_MAX,
  newFollowers,
} from './store.ts'

/**
 * A ticket goes on as another one. Its messages are read there, notes stay internal; its requester and its followers follow that one, and
 * read no more of it than before. It stays itself as a shell that says where it went: by it, its number, its addresses and the mails that
 * name it, everything finds the other. `undoMerge` takes it back.
 */
export const mergeTicket = defineCommand({
  name: 'mergeTicket',
  group: 'tickets',
  input: MergeTicket,

  async subject({ tx, actor }, { ticketId, into }) {
    await lockTree(tx)
    await lockMerges(tx)
    const [sourceId, targetId] = [await ticketIdOf(tx, ticketId), await findLivingId(tx, into, actor)]
    const locked = await lockTickets(tx, targetId === undefined ? [sourceId] : [sourceId, targetId])
    const [family, messages, place, followers] = await Promise.all([
      familyOf(tx, sourceId),
      countMessages(tx, sourceId),
      targetId === undefined ? undefined : placeBelow(tx, targetId, sourceId),
      targetId === undefined ? [] : newFollowers(tx, sourceId, targetId),
    ])
    const others = targetId === undefined ? [] : await familyOf(tx, targetId)
    return {
      source: lockedIn(locked, sourceId),
      target: locked.get(targetId ?? ''),
      family,
      others,
      messages,
      place,
      followers,
    }
  },

  refuse(actor, { source, target, family, others, messages, place }) {
    const refusal = refuseAgentWork(actor, source.ticket)
    if (refusal) return refusal
    if (!target) return invalid('/into', 'not_found', 'is no ticket, or a deleted one')
    if (target.ticket.id === source.ticket.id || place?.ancestors.includes(source.ticket.id)) return 'merge_cycle'
    if (family.length + others.length > MERGED_MAX || messages > MESSAGES_MAX) return 'merge_too_large'
    // its parts become parts of the other
    const isDeep =
      place && refusePlace(source.ticket.id, { ...place, children: Math.min(place.children, CHILDREN_MAX - 1) })
    return isDeep ? new Problem('merge_too_large', { detail: 'Its parts would stand too deep.' }) : undefined
  },

  async handle(context, _input, { source, target, followers }): Promise<Ticket> {
    if (!target) throw new Error('a merge into nothing is refused')
    const messages = await moveAll(context, { from: source.ticket, to: target.ticket })
    await leadOn(context, source.ticket.id, target.ticket.id)
    const activity = await activityOf(context, [source.ticket.id, target.ticket.id])
    const ends = { mergedIntoId: target.ticket.id, mergedUnderId: target.ticket.id }
    const told = { sourceId: source.ticket.id, targetId: target.ticket.id, messages }
    rewrite(context, source, { ...activity(source.ticket.id), ...ends })
    context.emit({
      type: 'ticket.merged',
      ticketId: source.ticket.id,
      object: { type: 'ticket', id: source.ticket.id, version: source.ticket.version },
      data: told,
      working: source,
    })
    const before = { ...target.ticket }
    rewrite(context, target, activity(target.ticket.id))
    insertFollowers(context, target.ticket, followers, 'merge')
    const { ticket: after, ...parties } = target
    context.emit({
      type: 'ticket.merged',
      ticketId: after.id,
      object: { type: 'ticket', id: after.id, version: after.version },
      data: told,
      facts: ticketFacts({ before, after, ...parties, actor: context.actor, versions: context.versions }),
      working: target,
    })
    return source.ticket
  },

  answer: answeredTicket,
})
