import { lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { refuseGiven } from './decide.ts'
import { ChangeRole, type Role } from './schema.ts'
import { lockRole, shownRole } from './store.ts'
import { roles } from './table.ts'

/** Changes what a role allows, within a second everywhere; for whom it is stays. For admins. */
export const changeRole = defineCommand({
  name: 'changeRole',
  group: 'access',
  input: ChangeRole,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    return { role: await lockRole(tx, key), tx }
  },

  refuse: (actor, { role }, { key: _, expectedVersion: _v, ...input }) =>
    refuseAdminWork(actor) ?? refuseGiven({ ...role, ...input }),

  async handle({ update, emit, now }, { key, expectedVersion, ...input }, { role, tx }): Promise<Role> {
    await refuseStale(tx, { id: key, version: role.version }, expectedVersion, Object.keys(input))
    const changes = changesBetween(role, input)
    if (!Object.keys(changes).length) return shownRole(role)
    update(roles, role, { ...input, version: role.version + 1, updatedAt: now })
    emit({ type: 'role.changed', object: { type: 'role', id: key, version: role.version }, changes, data: {} })
    return shownRole(role)
  },
})
