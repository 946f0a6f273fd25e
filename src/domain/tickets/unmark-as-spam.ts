import { marking } from './marking.ts'

/** It was none after all. What was not mailed meanwhile stays in the ledger, to be sent by hand. */
export const unmarkAsSpam = marking('unmarkAsSpam', false)
