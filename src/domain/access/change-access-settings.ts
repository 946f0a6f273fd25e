import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { type AccessSettings, ChangeAccessSettings } from './schema.ts'
import { accessSettings } from './table.ts'
import { findAccess, type SettingsRow } from './ways.ts'

/** Opens or closes ways by which clients come, from the next request on. For admins. */
export const changeAccessSettings = defineCommand({
  name: 'changeAccessSettings',
  group: 'access',
  input: ChangeAccessSettings,

  async subject({ tx }) {
    await lockConfiguration(tx)
    return { ...(await findAccess(tx)), tx }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { expectedVersion, ...input }, { row, isStored, tx }): Promise<AccessSettings> {
    await refuseStale(tx, row, expectedVersion, Object.keys(input))
    const next: SettingsRow = {
      ...row,
      mail: { ...row.mail, ...input.mail },
      apiRequester: { ...row.apiRequester, ...input.apiRequester },
      apiFullUser: { ...row.apiFullUser, ...input.apiFullUser },
    }
    const changes = changesBetween(row, next)
    const { id, ...shown } = Object.keys(changes).length ? { ...next, version: row.version + 1 } : row
    if (shown.version === row.version) return shown
    if (isStored) context.update(accessSettings, row, shown)
    else context.insert(accessSettings, { id, ...shown })
    await bumpVocabulary(context)
    context.emit({
      type: 'access.settings_changed',
      object: { type: 'access_settings', id, version: shown.version },
      changes,
      data: {},
    })
    return shown
  },
})
