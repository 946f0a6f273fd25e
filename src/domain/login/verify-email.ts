import { defineCommand } from '../../kernel/desk.ts'
import { markVerified } from '../access/store.ts'
import { VerifyEmail } from './schema.ts'
import { lockToken, useTokensOf } from './tokens.ts'

/** Whoever holds the token of a mail reads the mail of that address: it is proven to be theirs. */
export const verifyEmail = defineCommand({
  name: 'verifyEmail',
  group: 'access',
  input: VerifyEmail,
  everyTime: true,
  subject: ({ tx, now }, { token }) => lockToken(tx, token, ['email_verification'], now),
  refuse: (_actor, found) => (found ? undefined : 'token_gone'),

  async handle(context, _input, found) {
    if (!found) throw new Error('without a token it is refused')
    await useTokensOf(context, found.personId, ['email_verification'], found.address)
    await markVerified(context, found.address)
    context.emit({
      type: 'email.verified',
      object: { type: 'person', id: found.personId, version: null },
      data: { personId: found.personId },
    })
    return { id: found.personId }
  },
})
