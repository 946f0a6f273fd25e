import { defineCommand } from '../../kernel/desk.ts'
import { LogOut } from './schema.ts'
import { endThese, lockSessionsOf } from './store.ts'

/** Ends the session that asks, and where it is wished all others of the person. */
export const logOut = defineCommand({
  name: 'logOut',
  group: 'access',
  isPersonal: true,
  input: LogOut,

  async subject({ tx, actor, now }) {
    const id = actor.kind === 'person' ? actor.sessionId : undefined
    return { id, open: id === undefined ? [] : await lockSessionsOf(tx, actor.id, now) }
  },

  refuse: (_actor, { id }) => (id === undefined ? 'forbidden' : undefined),

  handle(context, { everywhere = false }, { id = '', open }) {
    const ending = open.filter((session) => everywhere || session.id === id)
    endThese(context, ending, 'logout')
    return { id }
  },
})
