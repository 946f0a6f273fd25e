import { type Static, Type } from 'typebox'
import { Closed, EmailAddress, Id, Timestamp } from '../../kernel/schema.ts'

/** NIST SP 800-63B §5.1.1: long, and no rule about what it is made of. */
const Password = Type.String({ minLength: 12, maxLength: 256 })
/** What somebody says their password is: of any form, so that the form tells nothing. */
const GivenPassword = Type.String({ minLength: 1, maxLength: 256 })

/** How a session came to its end. */
const sessionEnds = [
  'logout',
  'ended',
  'admin',
  'password',
  'disabled',
  'role',
  'merged',
  'erased',
  'reuse',
  'newer',
] as const
export type SessionEnd = (typeof sessionEnds)[number]

export type TokenPurpose = 'invitation' | 'password_reset' | 'email_verification'

const RefreshToken = Type.String({ minLength: 1, maxLength: 200 })

export const CreateToken = Closed({
  email: Type.Optional(EmailAddress),
  password: Type.Optional(GivenPassword),
  refreshToken: Type.Optional({ ...RefreshToken, description: 'Instead of address and password; it works once' }),
})

export const AccessToken = Closed(
  {
    accessToken: Type.String({ description: 'For 15 minutes: Authorization: Bearer' }),
    refreshToken: Type.String({ description: 'Good for the next token, once' }),
    tokenType: Type.Enum(['Bearer']),
    expiresAt: Type.Unsafe<string>({ ...Timestamp, description: 'Of the access token' }),
  },
  { $id: 'AccessToken' },
)
export type AccessToken = Static<typeof AccessToken>

export const LoginSession = Closed(
  {
    id: Id(),
    createdAt: Timestamp,
    lastUsedAt: Type.Unsafe<string>({ ...Timestamp, description: 'When it last got a token' }),
    expiresAt: Timestamp,
    current: Type.Boolean({ description: 'It is the one that asks' }),
  },
  { $id: 'LoginSession', description: 'Where somebody is logged in' },
)
export type LoginSession = Static<typeof LoginSession>

export const LogOut = Closed({
  everywhere: Type.Optional(Type.Boolean({ description: 'All other sessions of the person, too' })),
})

export const SessionAct = Closed({ sessionId: Id() })

export const SetPassword = Closed({
  currentPassword: Type.Optional({ ...GivenPassword, description: 'Needed where there is one' }),
  password: Password,
})

/** 256 random bits; anything of another form cannot be one. */
const OneTimeToken = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'As it stood in the mail' })

export const PersonAct = Closed({ personId: Id() })
export const RequestPasswordReset = Closed({ email: EmailAddress })
export const ResetPassword = Closed({ token: OneTimeToken, password: Password })
export const VerifyEmail = Closed({ token: OneTimeToken })

export const Accepted = Closed(
  { accepted: Type.Boolean({ description: 'Always true: it tells nothing of what follows' }) },
  { $id: 'Accepted' },
)
export type Accepted = Static<typeof Accepted>

declare module '../../kernel/events.ts' {
  interface EventData {
    'session.opened': { personId: string }
    'session.ended': { personId: string; by: SessionEnd }
    'password.changed': { personId: string }
    'email.verified': { personId: string }
  }
}
