import { lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { actsAs } from './decide.ts'
import { RemoveRole } from './schema.ts'
import { countHaving, giveInstead, heldRole, lockRole } from './store.ts'
import { roles } from './table.ts'

/** A role is gone; whoever has it has the other one from then on. Never `admin`, and none of the other kind. For admins. */
export const removeRole = defineCommand({
  name: 'removeRole',
  group: 'access',
  input: RemoveRole,

  async subject({ tx }, { key, replaceWith }) {
    await lockConfiguration(tx)
    const role = await lockRole(tx, key)
    const [count, instead] = await Promise.all([
      countHaving(tx, key),
      replaceWith === undefined ? undefined : heldRole(tx, replaceWith),
    ])
    return { role, count, instead }
  },

  refuse(actor, { role, count, instead }, { key, replaceWith }) {
    const refusal = refuseAdminWork(actor)
    if (refusal) return refusal
    if (replaceWith === undefined)
      return count ? new Problem('in_use', { detail: `${count} people have it: give replaceWith`, count }) : undefined
    if (replaceWith === key) return invalid('/replaceWith', 'not_allowed', 'is what is to be removed')
    if (!instead) return invalid('/replaceWith', 'not_found', `${replaceWith} is no role`)
    const isSameKind = (instead === 'requester') === (actsAs(role.kind) === 'requester')
    if (!isSameKind || instead === 'admin') return invalid('/replaceWith', 'not_allowed', 'is a role of another kind')
  },

  handle({ remove, send, emit, now }, { key, replaceWith }, { role, count, instead }) {
    remove(roles, role)
    if (replaceWith !== undefined && instead) send(giveInstead.bind({ key, to: replaceWith, actsAs: instead, now }))
    const object = { type: 'role', id: key, version: role.version }
    emit({ type: 'role.removed', object, data: { key, replacedBy: replaceWith ?? null, people: count } })
    return { id: key }
  },
})
