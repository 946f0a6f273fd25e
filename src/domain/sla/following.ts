import { SYSTEM } from '../../kernel/actor.ts'
import type { Instant } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { ticketFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import type { ActivePolicy } from './active.ts'
import { type Kept, keep, standingOf } from './kept.ts'
import { type Entry, entryOf, type Standing } from './moves.ts'
import type { SlaDefinition } from './schema.ts'
import { stepsTo } from './steps.ts'

type Bound = Pick<Standing, 'policyKey' | 'policyVersion'>

/** What the clocks of a ticket are to hear of. */
export interface Heard {
  at: Instant
  /** Whose message it was, where it was a public one. */
  message?: 'customerMessage' | 'staffReply' | undefined
  isOpened?: boolean
}

interface Following {
  locked: LockedTicket
  kept: Kept
  policies: readonly ActivePolicy[]
  revisionOf(bound: Bound): SlaDefinition | undefined
}

const UNBOUND = { policyKey: null, policyVersion: null, priority: null }

/** Brings the clocks of a ticket to where it is now, writes that down and tells what is due. The caller holds the ticket. */
export function followTicket(context: CommandContext, following: Following, heard: Heard): void {
  const { locked, kept, revisionOf } = following
  const before = standingOf(kept)
  // clocks of processes differ a little: the log knows no way back
  const at = before && before.at > heard.at ? before.at : heard.at
  const happened = happenedTo(following, before, { ...heard, at }, context)
  if (!before && !happened.length) return
  goOn(context, { locked, kept, revisionOf }, { at, happened })
}

/** Writes down and tells what is due by a moment. The caller holds the ticket. */
export const tellDue = (context: CommandContext, due: Omit<Following, 'policies'>, at: Instant): void =>
  goOn(context, due, { at, happened: [] })

function goOn(
  context: CommandContext,
  { locked, kept, revisionOf }: Omit<Following, 'policies'>,
  next: { at: Instant; happened: readonly Entry[] },
): void {
  const { standing, entries } = stepsTo(standingOf(kept), next, revisionOf)
  if (!standing || !entries.length) return
  keep(context, locked.ticket.id, kept, { standing, entries })
  tell(context, locked, kept, entries)
}

/** What the log has not heard of yet. */
function happenedTo(
  { locked, policies }: Following,
  before: Standing | undefined,
  { at, message, isOpened }: Heard,
  context: CommandContext,
): Entry[] {
  const now = standsAt(locked)
  const bound = now.isGone ? undefined : boundTo(policies, locked, context)
  const { isReplied, awaitsReply, ...stands } = now
  if (!before) {
    // what is done or gone is taken up when it comes back
    if (!bound?.policyKey || (!isOpened && isDone(locked))) return []
    const first = isOpened ? { isReplied: false, awaitsReply: true } : { isReplied, awaitsReply }
    return [entryOf(at, isOpened ? 'opened' : 'takenUp', { ...stands, ...first }), entryOf(at, 'bound', bound)]
  }
  return [
    ...(message && counts(before, message) ? [entryOf(at, message)] : []),
    ...(differs(before, stands) ? [entryOf(at, 'moved', stands)] : []),
    ...(bound && differs(before, bound) ? [entryOf(at, 'bound', bound)] : []),
  ]
}

const standsAt = ({ ticket }: LockedTicket) => ({
  status: ticket.status,
  statusCategory: ticket.statusCategory,
  isGone: ticket.deletedAt !== null || ticket.spam || ticket.mergedIntoId !== null,
  isReplied: ticket.firstRepliedAt !== null,
  awaitsReply: ticket.needsReaction,
})

const isDone = ({ ticket: { statusCategory } }: LockedTicket): boolean =>
  statusCategory === 'solved' || statusCategory === 'closed'

/** Whether a message changes anything: the second of a customer waits with the first. */
function counts({ isReplied, clocks: { nextReply } }: Standing, message: 'customerMessage' | 'staffReply'): boolean {
  const isAwaited = nextReply?.metAt === null
  return message === 'staffReply' ? !isReplied || isAwaited : isReplied && !isAwaited
}

const differs = <T extends object>(before: Standing, now: T): boolean =>
  Object.entries(now).some(([name, value]) => before[name as keyof Standing] !== value)

/** The first policy that holds, and for which priority; none: nothing is promised. */
function boundTo(policies: readonly ActivePolicy[], locked: LockedTicket, { now, channel }: CommandContext) {
  const { ticket, requester, organization } = locked
  const asked = {
    event: { type: '', channel, at: now },
    actor: { kind: SYSTEM.kind, id: SYSTEM.id },
    ticket: { ...ticket },
    before: null,
    requester: { ...requester },
    organization: organization && { ...organization },
    message: null,
  }
  const found = policies.find(({ holds }) => holds(asked, { me: SYSTEM.id, now }))
  if (!found) return UNBOUND
  const { key: policyKey, version: policyVersion } = found.policy
  return { policyKey, policyVersion, priority: ticket.priority }
}

/** Warnings and breaches, as events of the ticket: rules may listen to them. Of what is gone nothing is told. */
function tell(context: CommandContext, locked: LockedTicket, kept: Kept, entries: readonly Entry[]): void {
  const { ticket, requester, followers, assignee, organization } = locked
  if (standsAt(locked).isGone) return
  const parties = { requester, followers, assignee, organization }
  for (const { what, metric, at: dueAt } of entries) {
    const clock = metric && kept.clocks[metric]
    if ((what !== 'warned' && what !== 'breached') || !clock) continue
    const policyKey = clock.policyKey ?? ''
    const facts = { before: ticket, after: ticket, ...parties, actor: SYSTEM, versions: context.versions }
    context.as(SYSTEM).emit({
      type: what === 'warned' ? 'sla.warning' : 'sla.breached',
      ticketId: ticket.id,
      object: { type: 'sla_clock', id: clock.id, version: null },
      data: { metric, policyKey, dueAt: clock.dueAt ?? dueAt },
      facts: { ...ticketFacts(facts), sla: { metric, policyKey } },
      working: { ticket, ...parties },
    })
  }
}
