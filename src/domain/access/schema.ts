import { type Static, Type } from 'typebox'
import { Closed, EmailAddress, ExpectedVersion, Id, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

const Scope = Type.String({
  pattern: '^(\\*|[a-z]+:(read|write)|[a-z][A-Za-z]{2,60})$',
  description: '`*`, `<group>:read`, `<group>:write`, or the name of one command',
})
const Scopes = Type.Array(Scope, { minItems: 1, maxItems: 50, uniqueItems: true })

const apiKey = {
  id: Id(),
  name: Type.String(),
  personId: Id('Whom it acts as'),
  prefix: Type.String({ description: 'Its first characters' }),
  scopes: Type.Array(Type.String()),
  expiresAt: Nullable(Timestamp),
  lastUsedAt: Nullable(Timestamp),
  revokedAt: Nullable(Timestamp),
  createdById: Nullable(Id()),
  createdAt: Timestamp,
}

export const ApiKey = Closed(apiKey, { $id: 'ApiKey' })
export type ApiKey = Static<typeof ApiKey>

export const ApiKeyWithSecret = Closed(
  {
    ...apiKey,
    key: Nullable(Type.String({ description: 'Shown this once; null when an Idempotency-Key is replayed' })),
  },
  { $id: 'ApiKeyWithSecret' },
)
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>

export const CreateApiKey = Closed({
  name: Line(200),
  personId: Type.Optional(Id('Somebody else: admins only')),
  scopes: Type.Optional(Scopes),
  expiresAt: Type.Optional(Nullable(Timestamp)),
})

export const ApiKeyAct = Closed({ apiKeyId: Id() })

/** How long a rotated key may go on, at most. */
const OVERLAP_HOURS_MAX = 24

export const RotateApiKey = Closed({
  apiKeyId: Id(),
  overlapHours: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: OVERLAP_HOURS_MAX,
      description: 'How long the old key still works; 0 by default',
    }),
  ),
})

export const MintRequesterToken = Closed({ personId: Type.Optional(Id()), email: Type.Optional(EmailAddress) })

export const RequesterToken = Closed(
  {
    accessToken: Nullable(Type.String({ description: 'Null when an Idempotency-Key is replayed' })),
    tokenType: Type.Enum(['Bearer']),
    expiresAt: Timestamp,
    personId: Id(),
  },
  { $id: 'RequesterToken' },
)
export type RequesterToken = Static<typeof RequesterToken>

/** What clients may do by one way. */
export const AccessWay = Closed(
  {
    create: Type.Boolean({ description: 'Open tickets' }),
    update: Type.Boolean({ description: 'Reply and change' }),
  },
  { $id: 'AccessWay' },
)
export type AccessWay = Static<typeof AccessWay>

export const AccessSettings = Closed(
  {
    mail: Type.Ref('AccessWay'),
    apiRequester: Type.Ref('AccessWay'),
    apiFullUser: Type.Ref('AccessWay'),
    version: Type.Integer(),
  },
  { $id: 'AccessSettings', description: 'By which ways clients may open and update tickets' },
)
export interface AccessSettings {
  /** By mail, whatever their role. */
  mail: AccessWay
  /** By API, as a requester. */
  apiRequester: AccessWay
  /** By API, with a role of the desk's own. */
  apiFullUser: AccessWay
  version: number
}

const ChangedWay = Type.Optional(
  Closed({ create: Type.Optional(Type.Boolean()), update: Type.Optional(Type.Boolean()) }),
)

export const ChangeAccessSettings = Closed({
  expectedVersion: ExpectedVersion,
  mail: ChangedWay,
  apiRequester: ChangedWay,
  apiFullUser: ChangedWay,
})

export const accessSchemas = { ApiKey, ApiKeyWithSecret, RequesterToken, AccessWay, AccessSettings }

declare module '../../kernel/events.ts' {
  interface EventData {
    'apiKey.created': { personId: string; scopes: string[] }
    'apiKey.revoked': { personId: string }
    'access.settings_changed': Record<string, never>
    'apiKey.rotated': { personId: string; successorId: string }
  }
}
