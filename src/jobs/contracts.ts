import { dueContracts, turnContract } from '../domain/contracts/turn-contract.ts'
import { dueWork } from './due-work.ts'

/** Brings contracts to their next period when one is over. */
export const contractWork = dueWork(dueContracts, async (desk, contractId) =>
  (await desk.execute(turnContract, { contractId })).found ? 1 : 0,
)
