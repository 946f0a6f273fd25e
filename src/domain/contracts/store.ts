import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { Problem } from '../../kernel/problems.ts'
import { type Posting, passed, turned } from './decide.ts'
import type { Contract, Explanation } from './schema.ts'
import { contractLedger, contracts } from './table.ts'

export type ContractRow = typeof contracts.$inferSelect

const byId = prepare<{ id: string }>()(($) =>
  build.select(rowOf(contracts)).from(contracts).where(eq(contracts.id, $.id)).for('update'),
)

/** Locked until the commit. Whatever writes the ledger of a contract holds it. */
export async function lockContract(tx: Connection, id: string): Promise<ContractRow> {
  const [contract] = (await tx.query(byId.bind({ id }))).rows
  if (!contract) throw new Problem('contract_not_found')
  return contract
}

/** One that somebody else holds just now comes with the next look. */
const free = prepare<{ id: string }>()(($) =>
  build.select(rowOf(contracts)).from(contracts).where(eq(contracts.id, $.id)).for('update', { skipLocked: true }),
)
export const lockFreeContract = async (tx: Connection, id: string): Promise<ContractRow | undefined> =>
  (await tx.query(free.bind({ id }))).rows[0]

/** Several, in the order of their ids: two transactions that want the same ones wait for each other in one direction. */
export const contractsLocked = prepare<{ ids: string[] }>()(($) =>
  build
    .select(rowOf(contracts))
    .from(contracts)
    .where(sql`${contracts.id} = any(${$.ids}::text[])`)
    .orderBy(contracts.id)
    .for('update'),
)

/** Somebody has at most so many that have not ended. */
export const OWN_MAX = 50

const owned = prepareSql<{ requesterId: string | null; organizationId: string | null }, { count: number }>()(
  ($) => sql`select count(*)::int as count from contracts
    where (requester_id = ${$.requesterId} or organization_id = ${$.organizationId}) and ended_at is null`,
)

/** How many contracts they have that have not ended. */
export const countOwned = async (
  tx: Connection,
  owner: { requesterId: string | null; organizationId: string | null },
): Promise<number> => (await tx.query(owned.bind(owner))).rows[0]?.count ?? 0

const living = prepareSql<{ id: string }, { id: string }>()(
  ($) => sql`select id from people where id = ${$.id} and disabled_at is null and merged_into_id is null for share`,
)

/** Whether there is somebody for whom a contract can be; they stay until the commit. */
export const holdPerson = async (tx: Connection, id: string): Promise<boolean> =>
  (await tx.query(living.bind({ id }))).rows.length > 0

type Work = { ticketId?: string; timeEntryId?: string; note?: string; explanation?: Explanation }
type Entry = Pick<Posting, 'kind' | 'amount'> & Work

/** Writes a row of the ledger, and the balance that it leaves; the contract is locked. */
export function post(context: CommandContext, contract: ContractRow, { kind, amount, ...work }: Entry): void {
  const balance = contract.balance + amount
  // what is adjusted or lapses was not used
  const isUsed = kind === 'drawdown' || kind === 'reversal'
  const granted = isUsed ? contract.granted : contract.granted + amount
  write(context, contract, { kind, amount, balance, periodOn: contract.periodOn }, work)
  context.update(contracts, contract, { balance, granted })
}

function write({ insert, update, now }: CommandContext, contract: ContractRow, posting: Posting, work: Work): void {
  const { ticketId = null, timeEntryId = null, note = null, explanation = null } = work
  const sequence = contract.sequence + 1
  const row = { id: newId('cle'), contractId: contract.id, sequence, ticketId, timeEntryId, note, explanation, at: now }
  insert(contractLedger, { ...row, ...posting })
  update(contracts, contract, { sequence })
}

/** Brings a locked contract to the period that runs now: nothing is ever drawn from another one, however late a job is. Answers whether it moved. */
export function turn(context: CommandContext, contract: ContractRow): boolean {
  const { standing, postings } = turned(contract, context.now)
  for (const posting of postings) write(context, contract, posting, {})
  if (standing.turnsAt === contract.turnsAt) return false
  context.update(contracts, contract, standing)
  return true
}

/** Tells each threshold that was passed, once a period: of the ticket by which it was, so that rules may follow from it. */
export function tellPassed({ emit, update }: CommandContext, contract: ContractRow, cause?: DeskEvent): void {
  const percents = passed(contract)
  if (!percents.length) return
  update(contracts, contract, { reached: [...contract.reached, ...percents] })
  const { id: contractId, version, balance } = contract
  const { ticketId, facts, working } = cause ?? {}
  const about = {
    ...(ticketId === undefined ? {} : { ticketId }),
    ...(facts === undefined ? {} : { facts }),
    ...(working === undefined ? {} : { working }),
    object: { type: 'contract', id: contractId, version },
  }
  for (const percent of percents)
    emit({ ...about, type: 'contract.threshold_reached', data: { contractId, percent, balance } })
}

/** The row is the resource, but for how it comes to its next period. */
export function shownContract(contract: ContractRow, now: string): Contract {
  const { sequence: _s, periodOn: _p, granted: _g, reached: _r, turnsAt: _t, ...shown } = contract
  const { balance, endedAt } = turned(contract, now).standing
  return { ...shown, balance, endedAt }
}
