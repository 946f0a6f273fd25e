import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { writeChange } from '../tickets/changing.ts'
import { answeredTicket, refuseAgentWork } from '../tickets/policy.ts'
import type { Ticket } from '../tickets/schema.ts'
import { lockTicket } from '../tickets/store.ts'
import { refusePlace } from './decide.ts'
import { SetParent } from './schema.ts'
import { findLivingId, lockTree, placeBelow } from './store.ts'

/** Makes a ticket a part of another, or of none. A ticket is never a part of itself, at no remove. */
export const setParent = defineCommand({
  name: 'setParent',
  group: 'tickets',
  input: SetParent,

  async subject({ tx, actor }, { ticketId, parentId: ref }) {
    await lockTree(tx)
    const locked = await lockTicket(tx, ticketId)
    const parentId = ref ? await findLivingId(tx, ref, actor) : null
    const place = parentId ? await placeBelow(tx, parentId, locked.ticket.id) : undefined
    return { ...locked, parentId, place, tx }
  },

  refuse(actor, { ticket, parentId, place }, { parentId: ref }) {
    const refusal = refuseAgentWork(actor, ticket)
    if (refusal) return refusal
    if (ref === undefined) return invalid('/parentId', 'missing', 'is required: a ticket, or null for none')
    if (parentId === undefined) return invalid('/parentId', 'not_found', 'is no ticket')
    return place && refusePlace(ticket.id, place)
  },

  async handle(context, { expectedVersion }, { parentId = null, place: _, tx, ...locked }): Promise<Ticket> {
    await refuseStale(tx, locked.ticket, expectedVersion, ['parentId'])
    writeChange(context, locked, { parentId })
    return locked.ticket
  },

  answer: answeredTicket,
})
