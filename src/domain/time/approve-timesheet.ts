import { defineCommand } from '../../kernel/desk.ts'
import { SheetAct } from './schema.ts'
import { moveSheet, readWeek, refuseSheet } from './sheets.ts'

/** A week is right: its entries are corrected by reversals from now on. For admins. */
export const approveTimesheet = defineCommand({
  name: 'approveTimesheet',
  group: 'time',
  input: SheetAct,
  subject: ({ tx }, input) => readWeek(tx, input, true),
  refuse: (actor, week) => refuseSheet(actor, week, 'approved'),
  handle: (context, _input, week) => moveSheet(context, week, 'approved'),
})
