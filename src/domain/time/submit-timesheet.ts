import { defineCommand } from '../../kernel/desk.ts'
import { SheetAct } from './schema.ts'
import { moveSheet, readWeek, refuseSheet } from './sheets.ts'

/** Hands in a week: its entries may not change until it is decided. One's own, with no timer of it left running. */
export const submitTimesheet = defineCommand({
  name: 'submitTimesheet',
  group: 'time',
  input: SheetAct,
  subject: ({ tx }, input) => readWeek(tx, input, true),
  refuse: (actor, week) => refuseSheet(actor, week, 'submitted'),
  handle: (context, _input, week) => moveSheet(context, week, 'submitted'),
})
