import { marking } from './marking.ts'

/** Spam is left out of lists, views and queues, and nothing automatic is mailed to its requester. Further mail of it stays on it. */
export const markAsSpam = marking('markAsSpam', true)
