import { erasePerson } from '../domain/erasure/erase-person.ts'
import { createToken } from '../domain/login/create-token.ts'
import { endSession } from '../domain/login/end-session.ts'
import { endSessions } from '../domain/login/end-sessions.ts'
import { invitePerson } from '../domain/login/invite-person.ts'
import { logOut } from '../domain/login/log-out.ts'
import { mySessions } from '../domain/login/queries.ts'
import { requestPasswordReset } from '../domain/login/request-password-reset.ts'
import { resetPassword } from '../domain/login/reset-password.ts'
import { sendVerification } from '../domain/login/send-verification.ts'
import { setPassword } from '../domain/login/set-password.ts'
import { verifyEmail } from '../domain/login/verify-email.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'

export const loginResolvers = {
  Query: {
    mySessions: (_root: unknown, _args: object, { desk }: Context) => desk.read(mySessions, {}),
  },
  Mutation: {
    ...mutation(createToken),
    ...mutation(logOut),
    ...mutation(setPassword),
    ...mutation(invitePerson),
    ...mutation(sendVerification),
    ...mutation(requestPasswordReset),
    ...mutation(resetPassword),
    ...mutation(verifyEmail),
    ...mutation(endSession),
    ...mutation(erasePerson),
    ...mutation(endSessions),
  },
}
