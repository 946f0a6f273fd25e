import { defineCommand } from '../../kernel/desk.ts'
import { dueQuery } from '../../kernel/due.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { lockFreeContract, turn } from './store.ts'
import { contracts } from './table.ts'

/** Contracts of which a period is over. */
export const dueContracts = dueQuery({
  name: 'dueContracts',
  group: 'contracts',
  from: contracts,
  at: contracts.turnsAt,
  id: contracts.id,
})

/** Grants the period that has begun, and lets lapse what is left of those that are over: under its lock, and so once. Answers whether it did. Internal. */
export const turnContract = defineCommand({
  name: 'turnContract',
  group: 'contracts',
  input: Closed({ contractId: Id() }),
  subject: async ({ tx }, { contractId }) => ({ contract: await lockFreeContract(tx, contractId) }),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  handle: (context, _input, { contract }): { found: boolean } => ({
    found: contract !== undefined && turn(context, contract),
  }),
})
