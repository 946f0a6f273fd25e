import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { createToken } from '../domain/login/create-token.ts'
import { endSession } from '../domain/login/end-session.ts'
import { endSessions } from '../domain/login/end-sessions.ts'
import { invitePerson } from '../domain/login/invite-person.ts'
import { logOut } from '../domain/login/log-out.ts'
import { mySessions } from '../domain/login/queries.ts'
import { requestPasswordReset } from '../domain/login/request-password-reset.ts'
import { resetPassword } from '../domain/login/reset-password.ts'
import { Accepted, AccessToken, LoginSession } from '../domain/login/schema.ts'
import { sendVerification } from '../domain/login/send-verification.ts'
import { setPassword } from '../domain/login/set-password.ts'
import { verifyEmail } from '../domain/login/verify-email.ts'
import { commandRoute, wholeListRoute } from './route.ts'

const tag = 'Access'

/** Logging in and out; nothing here sets a cookie. */
export function loginRoutes(app: FastifyInstance): void {
  app.addSchema(AccessToken)
  app.addSchema(LoginSession)
  app.addSchema(Accepted)
  tokenRoutes(app)
  commandRoute(app, {
    method: 'POST',
    url: '/auth/token',
    command: createToken,
    status: 200,
    response: Type.Ref('AccessToken'),
    tag,
    summary: 'Log in, or go on by a refresh token',
    problems: ['wrong_credentials', 'rate_limited', 'too_busy'],
    open: 'address and password, or the refresh token, are the credential',
  })
  commandRoute(app, {
    method: 'POST',
    url: '/auth/logout',
    command: logOut,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'End the session that asks',
  })
  commandRoute(app, {
    method: 'PUT',
    url: '/me/password',
    command: setPassword,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Set one’s own password; other sessions end',
    problems: ['rate_limited', 'too_busy'],
  })
  wholeListRoute(app, {
    url: '/me/sessions',
    query: mySessions,
    response: Type.Ref('LoginSession'),
    tag,
    summary: 'Where one is logged in',
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/me/sessions/:sessionId',
    command: endSession,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'End a session',
    problems: ['session_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/people/:personId/sessions',
    command: endSessions,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Log somebody out everywhere',
    problems: ['person_not_found'],
  })
}

const IN_BODY = 'the token of a mail is the credential'

/** What begins or ends with a mail. */
function tokenRoutes(app: FastifyInstance): void {
  const queued = { status: 202, response: Type.Ref('OutboundMail'), tag } as const
  const location = ({ id }: { id: string }) => `/v1/mail/outbound/${id}`
  commandRoute(app, {
    ...queued,
    method: 'POST',
    url: '/people/:personId/invitation',
    command: invitePerson,
    location,
    summary: 'Mail somebody a token to set their password with',
    problems: ['person_not_found', 'person_inactive'],
  })
  commandRoute(app, {
    ...queued,
    method: 'POST',
    url: '/people/:personId/emails/:email/verification',
    command: sendVerification,
    location,
    summary: 'Mail a token to an address to prove it with',
    problems: ['person_not_found', 'email_not_found', 'person_inactive'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/auth/password-reset',
    command: requestPasswordReset,
    status: 202,
    response: Type.Ref('Accepted'),
    tag,
    summary: 'Ask for a new password by mail; the answer is always the same',
    problems: ['rate_limited'],
    open: 'who has forgotten a password has no credential',
  })
  commandRoute(app, {
    method: 'POST',
    url: '/auth/password',
    command: resetPassword,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Set a password by the token of a mail',
    problems: ['token_gone', 'too_busy'],
    open: IN_BODY,
  })
  commandRoute(app, {
    method: 'POST',
    url: '/auth/verify-email',
    command: verifyEmail,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Prove an address by the token of a mail',
    problems: ['token_gone'],
    open: IN_BODY,
  })
}
