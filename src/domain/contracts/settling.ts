import { eq } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import { factsOf } from '../rules/facts.ts'
import type { EntryRow, TimeWorking } from '../time/store.ts'
import { timeEntries } from '../time/table.ts'
import { vocabulary } from '../types/store.ts'
import { termFor } from './conditions.ts'
import { lockCovering } from './covering.ts'
import { availableOf, chargeOf, fallingShort } from './decide.ts'
import { type Drawn, drawnBy, hasBillable } from './drawn.ts'
import { exhausted } from './policy.ts'
import type { Explanation } from './schema.ts'
import { type ContractRow, post, tellPassed } from './store.ts'

/** What of an entry says how much is drawn. A note does not: what was drawn by other terms stays. */
const CHARGED = ['billableSeconds', 'startedAt', 'activity']

/** What an event of time comes to: whose drawdown is settled, and by which entry anew, if any. */
interface Work {
  entryId: string
  wanted: EntryRow | undefined
  isFresh: boolean
  /** A timer that runs can always be stopped; and nobody is kept from taking time away. */
  mayFallShort: boolean
}

/** Brings the ledger to what an entry comes to now: takes back what was drawn for it, and draws what is to be drawn. */
export async function settle(event: DeskEvent, context: CommandContext): Promise<void> {
  const { ticket, ...working } = event.working as TimeWorking // what events of time hand on
  const work = await workOf(event, context, working)
  if (!work) return
  const { entryId, wanted, isFresh } = work
  const asked = { entryId, ticketId: ticket.id }
  const past = isFresh ? [] : await drawnBy(context, asked)
  const { cover, locked } = await lockCovering(
    context,
    wanted && { ticket, workedAt: wanted.startedAt },
    past.map(({ contractId }) => contractId),
  )
  if (!locked.size) return
  const drawn = isFresh && cover?.drawdown === 'ticket' ? await drawnBy(context, asked) : past
  const charge = cover && wanted && (await chargeBy(event, context, cover, wanted))
  if (isSettled(drawn, cover, charge)) return

  const takeBack = (some: readonly Drawn[], timeEntryId?: string): void => {
    for (const { contractId, units } of some) {
      const contract = locked.get(contractId)
      const about = { ticketId: ticket.id, ...(timeEntryId === undefined ? {} : { timeEntryId }) }
      if (contract && units > 0) post(context, contract, { kind: 'reversal', amount: units, ...about })
    }
  }
  const byEntry = drawn.filter(({ byTicket }) => !byTicket)
  const byTicket = drawn.filter((each) => each.byTicket && each.units > 0)
  takeBack(byEntry, entryId)
  if (!wanted && byTicket.length && !(await hasBillable(context, ticket.id))) takeBack(byTicket)
  if (!cover || !charge?.units) return
  const isOfCover = ({ contractId }: Drawn) => contractId === cover.id
  const drawing = { contract: cover, charge, before: byEntry.filter(isOfCover), work }
  if (cover.drawdown === 'entry') draw(event, context, { ...drawing, timeEntryId: entryId })
  else if (!byTicket.some(isOfCover)) draw(event, context, drawing)
}

const entryById = prepare<{ id: string }>()(($) =>
  build.select(rowOf(timeEntries)).from(timeEntries).where(eq(timeEntries.id, $.id)),
)

async function workOf(
  { type }: DeskEvent,
  { query }: CommandContext,
  { entry, changes }: Pick<TimeWorking, 'entry' | 'changes'>,
): Promise<Work | undefined> {
  const { reversesId, source } = entry
  const billed = (one: EntryRow | undefined) => (one && one.billableSeconds > 0 ? one : undefined)
  const work = { entryId: reversesId ?? entry.id, wanted: undefined, isFresh: false, mayFallShort: false }
  if (type === 'time.changed') {
    if (reversesId !== null || !CHARGED.some((name) => changes[name])) return
    const { billableSeconds: seconds, activity } = changes
    const isLess = activity === undefined && seconds !== undefined && Number(seconds.to) < Number(seconds.from)
    return { ...work, wanted: billed(entry), mayFallShort: isLess }
  }
  if (type === 'time.logged') {
    if (reversesId !== null) return work
    return billed(entry) && { ...work, wanted: entry, isFresh: true, mayFallShort: source === 'timer' }
  }
  // a timer that never ended has drawn nothing
  if (entry.endedAt === null) return
  if (reversesId === null) return work
  // what took an entry back is gone: it counts again
  return { ...work, wanted: billed((await query(entryById.bind({ id: reversesId }))).rows[0]) }
}

async function chargeBy(
  event: DeskEvent,
  { cached }: CommandContext,
  contract: ContractRow,
  { activity, billableSeconds }: EntryRow,
): Promise<Explanation> {
  const { type, channel, at, facts = {} } = event
  const asked = { ...factsOf({ type, channel, at, facts }, undefined), entry: { activity } }
  const asking = { me: asked.actor.id, now: at }
  const { term, position } = termFor(await cached(vocabulary), contract.terms, asked, asking)
  return chargeOf(contract, billableSeconds, term, position)
}

/** Whether the same is drawn from the same contract already. */
function isSettled(drawn: readonly Drawn[], cover: ContractRow | undefined, charge: Explanation | undefined): boolean {
  const live = drawn.filter(({ byTicket, units, uncovered }) => !byTicket && (units > 0 || uncovered > 0))
  const [only] = live
  if (cover?.drawdown !== 'entry' || live.length !== 1 || !only) return false
  return only.contractId === cover.id && only.uncovered === 0 && only.units === charge?.units
}

interface Drawing {
  contract: ContractRow
  charge: Explanation
  /** What the entry came to in this contract until now. */
  before: readonly Drawn[]
  work: Work
  /** Nothing where the ticket draws. */
  timeEntryId?: string
}

function draw(event: DeskEvent, context: CommandContext, drawing: Drawing): void {
  const { contract, charge, before, work, timeEntryId } = drawing
  const available = availableOf(contract) ?? charge.units
  const amount = Math.min(charge.units, available)
  const former = before.reduce((sum, { units, uncovered }) => sum + units + uncovered, 0)
  const mayFallShort = before.length ? charge.units <= former : work.mayFallShort
  if (amount < charge.units && !mayFallShort) throw exhausted(contract, available, charge.units)
  post(context, contract, {
    kind: 'drawdown',
    amount: 0 - amount,
    explanation: fallingShort(charge, amount),
    ...(event.ticketId === undefined ? {} : { ticketId: event.ticketId }),
    ...(timeEntryId === undefined ? {} : { timeEntryId }),
  })
  tellPassed(context, contract, event)
}
