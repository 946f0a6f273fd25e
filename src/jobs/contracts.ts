import { dueContracts, turnContract } from '../domain/contracts/turn-contract.ts'
import type { Session } from '../kernel/desk.ts'
import { doDueWork, startDueWork } from './due-work.ts'

type OnError = (error: unknown) => void

/** Brings contracts to their next period when one is over. */
export const startContractTurns = (desk: Session, onError: OnError) =>
  startDueWork((isStopped) => turnDueContracts(desk, onError, isStopped), onError)

/** Brings those on whose period is over. Answers after how many milliseconds to look again. */
export const turnDueContracts = async (desk: Session, onError: OnError, isStopped = () => false): Promise<number> =>
  doDueWork(await desk.read(dueContracts, {}), (contractId) => turnOne(desk, contractId, onError), isStopped)

/** One that breaks is tried again with the next look, and keeps no other from its period. */
async function turnOne(desk: Session, contractId: string, onError: OnError): Promise<number> {
  try {
    return (await desk.execute(turnContract, { contractId })).found ? 1 : 0
  } catch (error) {
    onError(error)
    return 0
  }
}
