import { mergeTicket } from '../domain/merges/merge-ticket.ts'
import { splitTicket } from '../domain/merges/split-ticket.ts'
import { undoMerge } from '../domain/merges/undo-merge.ts'
import { deleteTicket } from '../domain/tickets/delete-ticket.ts'
import { markAsSpam } from '../domain/tickets/mark-as-spam.ts'
import { restoreTicket } from '../domain/tickets/restore-ticket.ts'
import { snoozeTicket } from '../domain/tickets/snooze-ticket.ts'
import { unmarkAsSpam } from '../domain/tickets/unmark-as-spam.ts'
import { unsnoozeTicket } from '../domain/tickets/unsnooze-ticket.ts'
import { mutation } from './mutation.ts'

export const lifecycleResolvers = {
  Query: {},
  Mutation: {
    ...mutation(deleteTicket),
    ...mutation(restoreTicket),
    ...mutation(markAsSpam),
    ...mutation(unmarkAsSpam),
    ...mutation(snoozeTicket),
    ...mutation(unsnoozeTicket),
    ...mutation(mergeTicket),
    ...mutation(undoMerge),
    ...mutation(splitTicket),
  },
}
