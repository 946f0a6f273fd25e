import { defineCommand } from '../../kernel/desk.ts'
import { refuseViewWork } from './policy.ts'
import { ViewAct } from './schema.ts'
import { lockView } from './store.ts'
import { views } from './table.ts'

/** A view is gone; the tickets it showed stay. */
export const removeView = defineCommand({
  name: 'removeView',
  group: 'views',
  input: ViewAct,
  subject: ({ tx, actor }, { key }) => lockView(tx, key, actor.id),
  refuse: (actor, { view, isMember }) => refuseViewWork(actor, view, isMember),

  handle({ remove, emit }, { key }, { view }) {
    remove(views, view)
    emit({ type: 'view.removed', object: { type: 'view', id: key, version: view.version }, data: { key } })
    return { id: key }
  },
})
