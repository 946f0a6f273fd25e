import { defineCommand } from '../../kernel/desk.ts'
import { findPersonByAddress, normalised } from '../people/store.ts'
import { resetOf, takeAttempt } from './attempts.ts'
import { type Accepted, RequestPasswordReset } from './schema.ts'
import { isVerified } from './store.ts'
import { queueTokenMail } from './tokens.ts'

/** Mails a token for a new password to a proven address. The answer is the same whosever address it is, and nobody's. */
export const requestPasswordReset = defineCommand({
  name: 'requestPasswordReset',
  group: 'access',
  input: RequestPasswordReset,
  everyTime: true,
  // never forgiven: each may cost a mail
  before: ({ db, peer }, { email }) => takeAttempt(db, resetOf(normalised('/email', email)), peer),

  async subject({ tx }, { email }) {
    const address = normalised('/email', email)
    const [person, isProven] = await Promise.all([findPersonByAddress(tx, address), isVerified(tx, address)])
    return { address, person: isProven && !person?.disabledAt ? person : undefined }
  },

  refuse: () => undefined,

  handle(context, _input, { address, person }): Accepted {
    if (person) queueTokenMail(context, 'password_reset', person, address)
    return { accepted: true }
  },
})
