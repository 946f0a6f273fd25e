import { defineCommand } from '../../kernel/desk.ts'
import { RejectTimesheet } from './schema.ts'
import { moveSheet, readWeek, refuseSheet } from './sheets.ts'

/** Gives a week back to be mended, and says why. For admins. */
export const rejectTimesheet = defineCommand({
  name: 'rejectTimesheet',
  group: 'time',
  input: RejectTimesheet,
  subject: ({ tx }, input) => readWeek(tx, input, true),
  refuse: (actor, week) => refuseSheet(actor, week, 'rejected'),
  handle: (context, { note }, week) => moveSheet(context, week, 'rejected', note),
})
