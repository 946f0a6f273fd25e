import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { vocabulary } from '../types/store.ts'
import { refuseViewWork } from './policy.ts'
import { ChangeView } from './schema.ts'
import { checkedView, lockView } from './store.ts'
import { views } from './table.ts'

/** What a view finds and how it shows it; whose it is stays. */
export const changeView = defineCommand({
  name: 'changeView',
  group: 'views',
  input: ChangeView,

  async subject({ tx, actor, cached }, { key }) {
    const [found, words] = await Promise.all([lockView(tx, key, actor.id), cached(vocabulary)])
    return { ...found, words, tx }
  },

  refuse: (actor, { view, isMember }) => refuseViewWork(actor, view, isMember),

  async handle({ update, emit, now }, { key, expectedVersion, ...fields }, { view, words, tx }) {
    await refuseStale(tx, { id: key, version: view.version }, expectedVersion, Object.keys(fields))
    const { condition = view.condition, sort, group } = checkedView(words, fields, view)
    const wanted = { ...fields, condition, sort, group }
    const changes = changesBetween(view, wanted)
    if (!Object.keys(changes).length) return view
    update(views, view, { ...wanted, version: view.version + 1, updatedAt: now })
    emit({ type: 'view.changed', object: { type: 'view', id: key, version: view.version }, changes, data: {} })
    return view
  },
})
