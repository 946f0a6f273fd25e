import { defineCommand } from '../../kernel/desk.ts'
import { SheetAct } from './schema.ts'
import { moveSheet, readWeek, refuseSheet } from './sheets.ts'

/** A week that was approved is closed for good. For admins. */
export const lockTimesheet = defineCommand({
  name: 'lockTimesheet',
  group: 'time',
  input: SheetAct,
  subject: ({ tx }, input) => readWeek(tx, input, true),
  refuse: (actor, week) => refuseSheet(actor, week, 'locked'),
  handle: (context, _input, week) => moveSheet(context, week, 'locked'),
})
