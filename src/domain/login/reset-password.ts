import { defineCommand } from '../../kernel/desk.ts'
import { markVerified } from '../access/store.ts'
import { keepPassword, PASSWORD_CONSTRAINT } from './keeping.ts'
import { hashPassword } from './password.ts'
import { ResetPassword, type TokenPurpose } from './schema.ts'
import { endThese, findPassword, lockSessionsOf } from './store.ts'
import { lockToken, useTokensOf } from './tokens.ts'

const PURPOSES: readonly TokenPurpose[] = ['invitation', 'password_reset']

/** A password by the token of a mail: whoever holds it reads the mail of that address, which is proven by it. All sessions end. */
export const resetPassword = defineCommand({
  name: 'resetPassword',
  group: 'access',
  input: ResetPassword,
  everyTime: true,
  retryOn: [PASSWORD_CONSTRAINT],

  // guessing costs nothing: only a good token is worth a hash
  before: async ({ db, now }, { token, password }) =>
    (await lockToken(db, token, PURPOSES, now)) ? hashPassword(password) : undefined,

  async subject({ tx, now, before: hash }, { token }) {
    const found = hash === undefined ? undefined : await lockToken(tx, token, PURPOSES, now)
    if (!found || hash === undefined) return
    const open = await lockSessionsOf(tx, found.personId, now)
    return { found, hash, open, held: await findPassword(tx, found.personId) }
  },

  refuse: (_actor, subject) => (subject ? undefined : 'token_gone'),

  async handle(context, _input, subject) {
    if (!subject) throw new Error('without a token it is refused')
    const { found, hash, held, open } = subject
    await useTokensOf(context, found.personId, PURPOSES)
    await markVerified(context, found.address)
    keepPassword(context, found.personId, held, hash)
    endThese(context, open, 'password')
    return { id: found.personId }
  },
})
