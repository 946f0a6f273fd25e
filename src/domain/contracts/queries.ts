import { and, eq, type SQL, sql } from 'drizzle-orm'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { type Actor, isStaff, reachOf } from '../../kernel/actor.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { type List, type Page, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { seenTicket } from '../tickets/reach.ts'
import { tickets } from '../tickets/table.ts'
import { balanceOf } from './decide.ts'
import { contractFor } from './policy.ts'
import {
  type Contract,
  ContractAct,
  type ContractBalance,
  type ContractPosting,
  contractUnits,
  ledgerKinds,
} from './schema.ts'
import { type ContractRow, shownContract } from './store.ts'
import { contractLedger, contracts } from './table.ts'

/** A requester's own, and those of the organization whose tickets they read. */
const ownContracts = ({ id, shared }: Pick<Viewer, 'id' | 'shared'>): SQL =>
  sql`(${contracts.requesterId} = ${id} or ${contracts.organizationId} = ${shared})`

const list: List<ContractRow> = {
  name: 'contracts',
  columns: rowOf(contracts),
  from: contracts,
  id: contracts.id,
  filters: {
    requesterId: { column: contracts.requesterId, kind: 'reference' },
    organizationId: { column: contracts.organizationId, kind: 'reference' },
    name: { column: contracts.name, kind: 'text' },
    unit: { column: contracts.unit, kind: 'text', literals: contractUnits },
    endedAt: { column: contracts.endedAt, kind: 'instant' },
    createdAt: { column: contracts.createdAt, kind: 'instant' },
  },
  sorts: {
    createdAt: { column: contracts.id, property: 'id' },
    startsOn: { column: contracts.startsOn, property: 'startsOn' },
    name: { column: contracts.name, property: 'name' },
  },
  defaultSort: '-createdAt',
}
const ownList: List<ContractRow> = { ...list, name: 'contracts_own', visible: ownContracts }
/** What may be asked of contracts. */
export const contractList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = list

/** Contracts: for those who work here all, for requesters theirs. */
export const contractsQuery = defineQuery({
  name: 'contracts',
  group: 'contracts',
  input: PageInput,
  refuse: () => undefined,

  async read(context, page): Promise<Page<Contract>> {
    const { actor, now } = context
    const found = await readPage(isStaff(actor) ? list : ownList, context, page)
    return { ...found, data: found.data.map((row) => contractFor(actor, shownContract(row, now))) }
  },
})

const byId = prepare<{ id: string } & Viewing>()(($) => {
  const viewer = viewerIn($)
  const isSeen = sql`(${viewer.reach} <> 'client' or ${ownContracts(viewer)})`
  return build
    .select(rowOf(contracts))
    .from(contracts)
    .where(and(eq(contracts.id, $.id), isSeen))
})

async function seenContract({ db, actor }: QueryContext, id: string): Promise<ContractRow> {
  const [row] = (await db.query(byId.bind({ id, ...viewing(actor) }))).rows
  if (!row) throw new Problem('contract_not_found')
  return row
}

/** One contract. */
export const contract = defineQuery({
  name: 'contract',
  group: 'contracts',
  input: ContractAct,
  refuse: () => undefined,
  read: async (context, { contractId }): Promise<Contract> =>
    contractFor(context.actor, shownContract(await seenContract(context, contractId), context.now)),
})

/** How a contract stands now, in the period that runs now. */
export const contractBalance = defineQuery({
  name: 'contractBalance',
  group: 'contracts',
  input: ContractAct,
  refuse: () => undefined,
  read: async (context, { contractId }): Promise<ContractBalance> =>
    balanceOf(await seenContract(context, contractId), context.now),
})

const { at, kind, periodOn, ticketId, timeEntryId } = contractLedger
const postings: List<ContractPosting> = {
  name: 'contract_ledger',
  columns: rowOf(contractLedger),
  from: contractLedger,
  id: contractLedger.id,
  filters: {
    kind: { column: kind, kind: 'text', literals: ledgerKinds },
    periodOn: { column: periodOn, kind: 'text' },
    ticketId: { column: ticketId, kind: 'reference' },
    timeEntryId: { column: timeEntryId, kind: 'reference' },
    at: { column: at, kind: 'instant' },
  },
  sorts: { sequence: { column: contractLedger.sequence, property: 'sequence' } },
  defaultSort: '-sequence',
}
const { ticketId: _t, timeEntryId: _e, ...openFilters } = postings.filters
/** A question must not tell what the answer does not. */
const narrowed: List<ContractPosting> = { ...postings, name: 'contract_ledger_narrowed', filters: openFilters }
/** What may be asked of a ledger; whoever does not see every ticket asks for none. */
export const ledgerList: Pick<List<unknown>, 'filters' | 'sorts' | 'defaultSort'> = postings

const ofContract = (list: List<ContractPosting>): List<ContractPosting> => ({
  ...list,
  filters: { ...list.filters, contractId: { column: contractLedger.contractId, kind: 'reference' } },
})
const [whole, part] = [ofContract(postings), ofContract(narrowed)]

/** The ledger of one contract, the latest first. Of tickets that somebody does not see nothing is told but the amount; of time no requester learns. */
export const contractLedgerQuery = defineQuery({
  name: 'contractLedger',
  group: 'contracts',
  input: Closed({ contractId: Id(), page: PageInput }),
  refuse: () => undefined,

  async read(context, { contractId, page }): Promise<Page<ContractPosting>> {
    const { actor } = context
    const { id } = await seenContract(context, contractId)
    const filters = [...(page.filters ?? []), { field: 'contractId', op: 'is' as const, values: [id] }]
    const found = await readPage(reachOf(actor) === 'all' ? whole : part, context, { ...page, filters })
    return { ...found, data: await shownPostings(context, found.data) }
  },
})

const seen = prepareSql<{ ids: string[] } & Viewing, { id: string }>()(
  ($) =>
    sql`select ${tickets.id} as id from ${tickets} where ${tickets.id} = any(${$.ids}::text[]) and ${seenTicket(viewerIn($))}`,
)

async function shownPostings({ db, actor }: QueryContext, rows: ContractPosting[]): Promise<ContractPosting[]> {
  if (reachOf(actor) === 'all') return rows
  const ids = [...new Set(rows.flatMap((row) => row.ticketId ?? []))]
  const found = ids.length ? (await db.query(seen.bind({ ids, ...viewing(actor) }))).rows : []
  const visible = new Set(found.map(({ id }) => id))
  return rows.map((row) => postingFor(actor, row, row.ticketId === null || visible.has(row.ticketId)))
}

function postingFor(actor: Actor, row: ContractPosting, isSeen: boolean): ContractPosting {
  const ofTicket = isSeen ? row : { ...row, ticketId: null, timeEntryId: null, explanation: null }
  return isStaff(actor) ? ofTicket : { ...ofTicket, timeEntryId: null, explanation: null, note: null }
}
