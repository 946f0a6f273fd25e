import type { CommandContext, Reaction } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import type { TicketRow } from '../tickets/decide.ts'
import type { Working } from '../tickets/store.ts'
import { activeSla, revisionsFor } from './active.ts'
import { followTicket, type Heard } from './following.ts'
import { type Kept, keptOf } from './kept.ts'

/** Events after which clocks may stand otherwise. */
const FOLLOWED: ReadonlySet<string> = new Set([
  'ticket.opened',
  'ticket.changed',
  'ticket.assigned',
  'ticket.replied',
  'ticket.deleted',
  'ticket.restored',
  'ticket.merged',
  'ticket.unmerged',
  'ticket.split',
])

/** The clocks of a ticket follow what happens to it, in the same transaction: so rules find them as they are after the event. */
export const followSla: Reaction = async (event, context) => {
  if (!FOLLOWED.has(event.type) || event.ticketId === undefined || event.working === undefined) return
  const { policies, isUsed } = await context.cached(activeSla)
  if (!policies.length && !isUsed) return
  const locked = event.working as Working // what events of tickets hand on
  const kept = await keptIn(context, event, event.ticketId)
  if (!kept.ticket && !policies.length) return
  const bound = kept.ticket ? [kept.ticket] : []
  const revisionOf = await revisionsFor(context.query, { policies }, bound)
  followTicket(context, { locked, kept, policies, revisionOf }, heardOf(event))
}

function heardOf(event: DeskEvent): Heard {
  const { at, type } = event
  return { at, isOpened: type === 'ticket.opened', message: messageOf(event) }
}

/** Whose message it was. What rules say answers nobody, and asks nothing: an acknowledgement is no reply. */
function messageOf({ type, facts, actor }: DeskEvent): Heard['message'] {
  if (type !== 'ticket.replied' || !facts || actor.kind === 'rule') return
  const { needsReaction } = facts.ticket as Pick<TicketRow, 'needsReaction'> // ticketFacts wrote them
  if (needsReaction) return 'customerMessage'
  return actor.kind === 'person' ? 'staffReply' : undefined
}

/** What one transaction has read, and written since: of its own writes it needs no second look. */
const inTransaction = new WeakMap<CommandContext['notes'], Map<string, Kept>>()

async function keptIn(context: CommandContext, event: DeskEvent, ticketId: string): Promise<Kept> {
  const all = inTransaction.get(context.notes) ?? new Map<string, Kept>()
  inTransaction.set(context.notes, all)
  const known = all.get(ticketId)
  if (known) return known
  // of a ticket that was made just now nothing is kept: that takes no statement
  const kept = isNew(event) ? undefined : (await keptOf(context.query, [ticketId])).get(ticketId)
  const found = kept ?? { ticket: undefined, clocks: {} }
  all.set(ticketId, found)
  return found
}

const isNew = ({ type, object }: DeskEvent): boolean => type === 'ticket.opened' && object.version === 1
