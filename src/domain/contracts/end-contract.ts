import { defineCommand } from '../../kernel/desk.ts'
import { refuseContractWork } from './policy.ts'
import { type Contract, ContractAct } from './schema.ts'
import { lockContract, post, shownContract, turn } from './store.ts'
import { contracts } from './table.ts'

/** Ends a contract at once: what remains expires, what was overdrawn stays. Its ledger is kept. For admins. */
export const endContract = defineCommand({
  name: 'endContract',
  group: 'contracts',
  input: ContractAct,
  subject: ({ tx }, { contractId }) => lockContract(tx, contractId),

  refuse: (actor, { endedAt }) => refuseContractWork(actor) ?? (endedAt === null ? undefined : 'contract_ended'),

  handle(context, { contractId }, contract): Contract {
    const { update, emit, now } = context
    turn(context, contract)
    if (contract.balance > 0) post(context, contract, { kind: 'expiry', amount: -contract.balance })
    const endedAt = contract.endedAt ?? now
    update(contracts, contract, { endedAt, turnsAt: null, version: contract.version + 1, updatedAt: now })
    const object = { type: 'contract', id: contractId, version: contract.version }
    const changes = { endedAt: { from: null, to: endedAt } }
    emit({ type: 'contract.ended', object, changes, data: { balance: contract.balance } })
    return shownContract(contract, now)
  },
})
