import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { type Fault, invalidInput } from '../../kernel/problems.ts'
import { vocabulary } from '../types/store.ts'
import { readTerms } from './conditions.ts'
import { turnAfter } from './periods.ts'
import { contractFaults, endFaults, refuseContractWork } from './policy.ts'
import { ChangeContract, type Contract } from './schema.ts'
import { type ContractRow, lockContract, shownContract, turn } from './store.ts'
import { contracts } from './table.ts'

/** Changes what a contract says of the time to come; what stands in its ledger stays. For admins. */
export const changeContract = defineCommand({
  name: 'changeContract',
  group: 'contracts',
  input: ChangeContract,

  async subject({ tx, cached }, { contractId }) {
    return { contract: await lockContract(tx, contractId), words: await cached(vocabulary), tx }
  },

  refuse: (actor, { contract }) =>
    refuseContractWork(actor) ?? (contract.endedAt === null ? undefined : 'contract_ended'),

  async handle(
    context,
    { contractId, expectedVersion, terms: given, ...input },
    { contract, words, tx },
  ): Promise<Contract> {
    const { update, emit, now } = context
    const { terms, faults } = given ? readTerms(words, given) : { terms: contract.terms, faults: [] }
    const wanted = { ...input, ...(given ? { terms } : {}) }
    await refuseStale(tx, contract, expectedVersion, Object.keys(wanted))
    // periods that are over were so by what it said until now
    turn(context, contract)
    const endsOn = input.endsOn === undefined ? [] : endFaults(contract, input.endsOn, now)
    const wrong = [...faults, ...endsOn, ...onceFaults(contract, input), ...contractFaults({ ...contract, ...wanted })]
    if (wrong.length) throw invalidInput(wrong)
    const changes = changesBetween(contract, wanted)
    if (!Object.keys(changes).length) return shownContract(contract, now)
    const next = { ...contract, ...wanted }
    const turnsAt = contract.periodOn === null ? contract.turnsAt : turnAfter(next, contract.periodOn)
    update(contracts, contract, { ...wanted, turnsAt, version: contract.version + 1, updatedAt: now })
    const object = { type: 'contract', id: contractId, version: contract.version }
    emit({ type: 'contract.changed', object, changes, data: {} })
    return shownContract(contract, now)
  },
})

/** What was granted once is not granted again. */
const onceFaults = ({ period, periodOn }: ContractRow, { allowance }: { allowance?: number }): Fault[] =>
  period === 'once' && periodOn !== null && allowance !== undefined
    ? [{ pointer: '/allowance', code: 'not_allowed', detail: 'was granted already; adjust the balance' }]
    : []
