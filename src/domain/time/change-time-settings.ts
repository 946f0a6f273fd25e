import { isAdmin } from '../../kernel/actor.ts'
import { lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { ChangeTimeSettings, type TimeSettings } from './schema.ts'
import { findSettings } from './store.ts'
import { timeSettings } from './table.ts'

/** How billable time is rounded from now on; what was logged stays as it was billed. For admins. */
export const changeTimeSettings = defineCommand({
  name: 'changeTimeSettings',
  group: 'time',
  input: ChangeTimeSettings,

  async subject({ tx }) {
    await lockConfiguration(tx)
    return { ...(await findSettings(tx)), tx }
  },

  refuse: (actor) => (isAdmin(actor) ? undefined : 'forbidden'),

  async handle({ insert, update, emit }, { expectedVersion, ...wanted }, { row, isStored, tx }): Promise<TimeSettings> {
    await refuseStale(tx, row, expectedVersion, Object.keys(wanted))
    const changes = changesBetween(row, wanted)
    const next = { ...row, ...wanted, version: row.version + 1 }
    const { id: _, ...shown } = Object.keys(changes).length ? next : row
    if (!Object.keys(changes).length) return shown
    if (isStored) update(timeSettings, row, next)
    else insert(timeSettings, next)
    emit({
      type: 'time.settings_changed',
      object: { type: 'time_settings', id: row.id, version: next.version },
      changes,
      data: {},
    })
    return shown
  },
})
