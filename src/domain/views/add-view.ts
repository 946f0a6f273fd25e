import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { refuseViewWork } from './policy.ts'
import { AddView } from './schema.ts'
import { checkedView, membership, refuseTooMany } from './store.ts'
import { views } from './table.ts'

/** A view of one's own, of a team, or for everybody. */
export const addView = defineCommand({
  name: 'addView',
  group: 'views',
  input: AddView,
  constraints: { views_pkey: 'view_key_taken' },

  async subject({ tx, actor, cached }, input) {
    const { owner = 'person', ownerId } = input
    const [words, team] = await Promise.all([
      cached(vocabulary),
      ownerId === undefined ? undefined : membership(tx, ownerId, actor.id),
    ])
    const owned = { owner, ownerId: owner === 'shared' ? null : owner === 'person' ? actor.id : (ownerId ?? null) }
    await refuseTooMany(tx, owned.owner, owned.ownerId)
    return { owned, team, words }
  },

  refuse(actor, { owned, team }, { ownerId }) {
    const refusal = refuseStaffOnly(actor)
    if (refusal) return refusal
    if (owned.owner === 'team' && ownerId === undefined) return invalid('/ownerId', 'missing', 'is required for a team')
    if (owned.owner === 'team' ? !team?.exists : ownerId !== undefined && ownerId !== owned.ownerId)
      return invalid('/ownerId', 'not_found', owned.owner === 'team' ? 'is no team' : 'goes with a team only')
    return refuseViewWork(actor, owned, team?.isMember ?? false) ? 'forbidden' : undefined
  },

  handle({ insert, emit, now }, { key, name, columns = [], position = 0, ...shown }, { owned, words }) {
    const { condition = { all: [] }, sort, group } = checkedView(words, { ...shown, columns })
    const view = {
      key,
      name,
      ...owned,
      condition,
      sort,
      group,
      columns,
      position,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    insert(views, view)
    emit({ type: 'view.added', object: { type: 'view', id: key, version: 1 }, data: { key } })
    return view
  },
})
