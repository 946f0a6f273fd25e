import { type Static, type TSchema, Type } from 'typebox'
import {
  isAddress,
  isDkimKey,
  isDomain,
  isHost,
  isNetwork,
  isPostgresUrl,
  isPublicUrl,
  isRelayUrl,
} from './addresses.ts'
import { isWellKnown } from './secrets.ts'

/** Each description completes the sentence "NAME must be …", for the one who mistyped it. */
const text = (description: string, holds: (value: string) => boolean) =>
  Type.Refine(Type.String({ description }), holds, () => `must be ${description}`)

const list = <T extends string>(description: string, items: TSchema) =>
  Type.Unsafe<readonly T[]>(Type.Array(items, { description, uniqueItems: true }))

const maybe = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Undefined()])

const secret = (schema: TSchema) =>
  Type.Unsafe<string>(
    Type.Refine(
      schema,
      (value) => typeof value !== 'string' || !isWellKnown(value),
      () => 'must not be a well-known or repeated value: `openssl rand -hex 32` makes a good one',
    ),
  )

const Host = text('an IP address or a host name', isHost)
const Port = Type.Integer({
  minimum: 0,
  maximum: 65_535,
  description: 'a whole number from 0 (any free port) to 65535',
})
const File = text('the path of a PEM file', (value) => value !== '')
const Domain = text('a domain name, like help.example.com', isDomain)
const Bytes = Type.Integer({
  minimum: 1,
  maximum: 2 ** 30,
  description: 'a number of bytes from 1 to 1073741824 (1 GiB)',
})

const LogLevel = Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
  description: 'fatal, error, warn, info, debug, trace or silent',
})

/** What a process does. Without KONTOR_ROLES it does all. */
export const roles = ['api', 'smtp', 'worker'] as const

const Roles = Type.Unsafe<readonly (typeof roles)[number][]>(
  Type.Array(Type.Enum([...roles]), {
    description: 'a list of api, smtp and worker, each at most once, separated by commas',
    minItems: 1,
    uniqueItems: true,
  }),
)

// The length is counted in bytes: HS256 wants 256 bits (RFC 7518 §3.2).
const JwtSecret = text('at least 32 bytes long', (value) => Buffer.byteLength(value) >= 32)
const ApiKey = text('32 to 200 printable ASCII characters, without a space at either end', (value) =>
  /^[!-~][ -~]{30,198}[!-~]$/.test(value),
)

/** Everything that an operator can set, checked. */
export const Config = Type.Object({
  host: Host,
  port: Port,
  smtpHost: Host,
  smtpPort: Port,
  smtpsPort: maybe(Port),
  smtpTlsCert: maybe(File),
  smtpTlsKey: maybe(File),
  requireTls: Type.Boolean({ description: 'true or false' }),
  publicUrl: text('an http:// or https:// address without user, query or fragment', isPublicUrl),
  portalUrl: maybe(text('an http:// or https:// address without user, query or fragment', isPublicUrl)),
  httpTrustedProxies: list<string>(
    'a list of IP addresses and networks (like 10.0.0.0/8), separated by commas',
    text('an IP address or network', (value) => isAddress(value) || isNetwork(value)),
  ),
  dataDir: text('a folder', (value) => value !== ''),
  unsafePostgres: Type.Enum(['refuse', 'allow'], { description: 'refuse or allow' }),
  databaseUrl: maybe(text('a postgres:// or postgresql:// address', isPostgresUrl)),
  bootstrapApiKey: maybe(secret(ApiKey)),
  jwtSecret: maybe(secret(JwtSecret)),
  mailDomain: Domain,
  replyDomain: Domain,
  mailBytesMax: Bytes,
  attachmentBytesMax: Bytes,
  smtpTrustedRelays: list<string>(
    'a list of IP addresses and networks (like 10.0.0.0/8), separated by commas',
    text('an IP address or network', (value) => isAddress(value) || isNetwork(value)),
  ),
  smtpAuthservIds: list<string>(
    'a list of names, separated by commas: what your relay writes first in Authentication-Results',
    text('the authserv-id of your relay, like mx.example.com', (value) => /^[\w.:-]{1,255}$/.test(value)),
  ),
  smtpRelayUrl: maybe(text('smtp://host:port (with ?tls=none or ?tls=starttls) or smtps://host:port', isRelayUrl)),
  dkimKeys: list<string>(
    'a list of domain:selector:path, separated by commas, each path that of a PEM file',
    text('domain:selector:path, like example.com:kontor:/run/secrets/dkim.pem', isDkimKey),
  ),
  logLevel: LogLevel,
  roles: Roles,
})
export type Config = Readonly<Static<typeof Config>>
