import type { Actor } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { forgive, takeAttempt } from './attempts.ts'
import { keepPassword, PASSWORD_CONSTRAINT } from './keeping.ts'
import { hashPassword, isPassword } from './password.ts'
import { SetPassword } from './schema.ts'
import { endThese, findPassword, lockSessionsOf } from './store.ts'

/**
 * One's own password. Where there is one, it must be told; the first is set by whoever has logged in, or by a key that may do all its
 * person may. Other sessions end.
 */
export const setPassword = defineCommand({
  name: 'setPassword',
  group: 'access',
  isPersonal: true,
  input: SetPassword,
  everyTime: true,
  retryOn: [PASSWORD_CONSTRAINT],

  async before({ db, actor, peer }, { currentPassword, password }) {
    if (actor.kind !== 'person' || !maySet(actor)) return
    const held = await findPassword(db, actor.id)
    if (held) {
      const attempt = await takeAttempt(db, actor.email, peer)
      if (!(await isPassword(currentPassword ?? '', held.hash))) return { held, isProven: false, hash: '' }
      await forgive(db, attempt)
    }
    return { held, isProven: true, hash: await hashPassword(password) }
  },

  async subject({ tx, actor, now, before }) {
    const open = await lockSessionsOf(tx, actor.id, now)
    const held = await findPassword(tx, actor.id)
    return { open, held, before, isCurrent: held?.hash === before?.held?.hash }
  },

  refuse(actor, { before, isCurrent }) {
    if (!maySet(actor) || !before) return 'forbidden'
    if (!before.isProven || !isCurrent) return invalid('/currentPassword', 'wrong', 'is not your password')
  },

  handle(context, _input, { open, held, before }) {
    const { actor } = context
    keepPassword(context, actor.id, held, before?.hash ?? '')
    const own = actor.kind === 'person' ? actor.sessionId : undefined
    endThese(
      context,
      open.filter(({ id }) => id !== own),
      'password',
    )
    return { id: actor.id }
  },
})

/** A token that was minted for a portal ends in a quarter of an hour: it must not make a way in that lasts. */
const maySet = (actor: Actor): boolean =>
  actor.kind === 'person' && (actor.sessionId !== undefined || (actor.apiKeyId !== null && actor.scopes.includes('*')))
