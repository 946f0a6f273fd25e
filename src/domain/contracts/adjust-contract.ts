import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { availableOf } from './decide.ts'
import { exhausted, refuseContractWork } from './policy.ts'
import { AdjustContract, type Contract } from './schema.ts'
import { lockContract, post, shownContract, tellPassed, turn } from './store.ts'

/** Corrects a balance by hand, with a reason: more was paid for, or something was charged elsewhere. For admins. */
export const adjustContract = defineCommand({
  name: 'adjustContract',
  group: 'contracts',
  input: AdjustContract,
  subject: ({ tx }, { contractId }) => lockContract(tx, contractId),
  refuse: (actor) => refuseContractWork(actor),

  handle(context, { contractId, amount, note }, contract): Contract {
    if (amount === 0) throw invalid('/amount', 'range', 'changes nothing')
    turn(context, contract)
    const available = availableOf(contract)
    if (available !== null && -amount > available) throw exhausted(contract, available, -amount)
    post(context, contract, { kind: 'adjustment', amount, note })
    const object = { type: 'contract', id: contractId, version: contract.version }
    context.emit({ type: 'contract.adjusted', object, data: { amount, balance: contract.balance } })
    tellPassed(context, contract)
    return shownContract(contract, context.now)
  },
})
