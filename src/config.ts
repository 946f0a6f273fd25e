import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { Value } from 'typebox/value'
import { type Environment, readTexts } from './config/environment.ts'
import { Config, roles } from './config/schema.ts'
import { misspelling } from './config/spelling.ts'

export type { Config } from './config/schema.ts'

/** The variable behind each property. */
const variables = {
  host: 'HOST',
  port: 'PORT',
  smtpHost: 'SMTP_HOST',
  smtpPort: 'SMTP_PORT',
  smtpsPort: 'SMTPS_PORT',
  smtpTlsCert: 'SMTP_TLS_CERT',
  smtpTlsKey: 'SMTP_TLS_KEY',
  requireTls: 'REQUIRE_TLS',
  publicUrl: 'PUBLIC_URL',
  portalUrl: 'PORTAL_URL',
  httpTrustedProxies: 'HTTP_TRUSTED_PROXIES',
  dataDir: 'DATA_DIR',
  databaseUrl: 'DATABASE_URL',
  unsafePostgres: 'UNSAFE_POSTGRES',
  bootstrapApiKey: 'BOOTSTRAP_API_KEY',
  jwtSecret: 'JWT_SECRET',
  mailDomain: 'MAIL_DOMAIN',
  replyDomain: 'REPLY_DOMAIN',
  mailBytesMax: 'MAIL_BYTES_MAX',
  attachmentBytesMax: 'ATTACHMENT_BYTES_MAX',
  smtpTrustedRelays: 'SMTP_TRUSTED_RELAYS',
  smtpAuthservIds: 'SMTP_AUTHSERV_IDS',
  smtpRelayUrl: 'SMTP_RELAY_URL',
  dkimKeys: 'DKIM_KEYS',
  logLevel: 'LOG_LEVEL',
  roles: 'KONTOR_ROLES',
} as const satisfies Record<keyof Config, string>

const properties = Object.keys(variables) as (keyof Config)[] // Object.keys knows no keys
const names = Object.values(variables)
const MIB = 1_048_576

/** Values that a log or a terminal must not show; addresses may hold a password. */
const untold: readonly (keyof Config)[] = [
  'bootstrapApiKey',
  'jwtSecret',
  'databaseUrl',
  'smtpRelayUrl',
  'publicUrl',
  'portalUrl',
]

/** Everything that is wrong with the environment, a line for each fault. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(['Kontor cannot start with this configuration:', ...faults.map((fault) => `- ${fault}`)].join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** The one reading of the environment. Throws a ConfigError that names every fault at once. */
export function readConfig(env: Environment): Config {
  const faults = misspellings(env)
  const texts = readTexts(env, names, (fault) => faults.push(fault))
  const candidate = withDefaults((property) => texts.get(variables[property]))
  for (const property of properties) {
    const fault = faultOf(property, candidate, texts.get(variables[property]))
    if (fault) faults.push(`${variables[property]} ${fault}`)
  }
  if (isNamed(candidate.smtpAuthservIds) && !isNamed(candidate.smtpTrustedRelays))
    faults.push('SMTP_AUTHSERV_IDS needs SMTP_TRUSTED_RELAYS: a name counts only from an address that is trusted')
  if (collide(candidate))
    faults.push(`SMTP_PORT must differ from PORT, ${candidate.port}: both listen on ${candidate.host}`)
  faults.push(...tlsFaults(candidate))
  if (faults.length > 0 || !Value.Check(Config, candidate)) throw new ConfigError(faults)
  for (const value of Object.values(candidate)) Object.freeze(value)
  return Object.freeze(candidate)
}

function misspellings(env: Environment): string[] {
  const known = names.flatMap((name) => [name, `${name}_FILE`])
  return Object.entries(env).flatMap(([name, value]) =>
    value === undefined || known.includes(name) ? [] : (misspelling(name, value, known) ?? []),
  )
}

type Candidate = Record<keyof Config, unknown>

function withDefaults(text: (property: keyof Config) => string | undefined): Candidate {
  // Reachable from this machine only, until somebody decides otherwise: a first start speaks neither TLS nor SMTP AUTH.
  const host = text('host') ?? '127.0.0.1'
  const port = wholeNumber(text('port')) ?? 3000
  const mailDomain = domain(text('mailDomain')) ?? 'kontor.localhost'
  return {
    host,
    port,
    smtpHost: text('smtpHost') ?? host,
    smtpPort: wholeNumber(text('smtpPort')) ?? 2525,
    smtpsPort: wholeNumber(text('smtpsPort')),
    smtpTlsCert: text('smtpTlsCert'),
    smtpTlsKey: text('smtpTlsKey'),
    requireTls: truth(text('requireTls')) ?? false,
    publicUrl: text('publicUrl')?.replace(/\/+$/, '') ?? addressOf(host, port),
    portalUrl: text('portalUrl')?.replace(/\/+$/, ''),
    httpTrustedProxies: list(text('httpTrustedProxies')) ?? [],
    dataDir: text('dataDir') ?? './data',
    databaseUrl: text('databaseUrl'),
    unsafePostgres: text('unsafePostgres') ?? 'refuse',
    bootstrapApiKey: text('bootstrapApiKey'),
    jwtSecret: text('jwtSecret'),
    mailDomain,
    replyDomain: domain(text('replyDomain')) ?? mailDomain,
    mailBytesMax: wholeNumber(text('mailBytesMax')) ?? 25 * MIB,
    attachmentBytesMax: wholeNumber(text('attachmentBytesMax')) ?? 25 * MIB,
    smtpTrustedRelays: list(text('smtpTrustedRelays')) ?? [],
    smtpAuthservIds: list(text('smtpAuthservIds')?.toLowerCase()) ?? [],
    smtpRelayUrl: text('smtpRelayUrl'),
    dkimKeys: list(text('dkimKeys')) ?? [],
    logLevel: text('logLevel') ?? 'info',
    roles: list(text('roles')) ?? [...roles],
  }
}

const wholeNumber = (text?: string) => (text === undefined ? undefined : /^\d{1,15}$/.test(text) ? Number(text) : text)
const truth = (text?: string) => (text === 'true' ? true : text === 'false' ? false : text)
const list = (text?: string) => text?.split(',').map((item) => item.trim())
const domain = (text?: string) => (text === undefined ? undefined : domainToASCII(text) || text)

const isNamed = (items: unknown) => Array.isArray(items) && items.length > 0

/** Nobody can follow a link to a wildcard. With PORT=0 the port is known only once the server listens. */
function addressOf(host: string, port: unknown): string {
  const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`
}

/** The rest of a sentence that begins with the variable's name. A default that follows from a fault is not told again. */
function faultOf(property: keyof Config, candidate: Candidate, text: string | undefined): string | undefined {
  if (text === undefined) return
  // URL parsing drops control characters in silence; what was checked must be what is used.
  if (property !== 'jwtSecret' && /\p{Cc}/u.test(text)) return 'must not contain control characters'
  const errors = Value.Errors(Config.properties[property], candidate[property])
  if (errors.length === 0) return
  const refined = errors.find((error) => error.keyword === '~refine' && error.instancePath === '')
  const reason = refined?.message ?? `must be ${descriptionOf(property)}`
  return untold.includes(property) ? reason : `${reason}, not ${JSON.stringify(text.slice(0, 80))}`
}

const descriptionOf = (property: keyof Config): string => {
  const schema = Config.properties[property]
  return 'description' in schema ? String(schema.description) : 'something else'
}

/** TLS takes a certificate and its key, and what relies on it takes both. */
function* tlsFaults({ smtpTlsCert, smtpTlsKey, requireTls, smtpsPort, smtpPort, port, host, smtpHost }: Candidate) {
  if ((smtpTlsCert === undefined) !== (smtpTlsKey === undefined)) yield 'SMTP_TLS_CERT and SMTP_TLS_KEY go together'
  const hasTls = smtpTlsCert !== undefined && smtpTlsKey !== undefined
  if (requireTls === true && !hasTls) yield 'REQUIRE_TLS needs SMTP_TLS_CERT and SMTP_TLS_KEY'
  if (smtpsPort === undefined) return
  if (!hasTls) yield 'SMTPS_PORT needs SMTP_TLS_CERT and SMTP_TLS_KEY'
  if (smtpsPort !== 0 && (smtpsPort === smtpPort || (smtpsPort === port && host === smtpHost)))
    yield `SMTPS_PORT must differ from PORT and SMTP_PORT, not be ${smtpsPort} too`
}

/** Two servers cannot listen in one place; of several free ports each gets another. */
const collide = ({ host, port, smtpHost, smtpPort }: Candidate): boolean =>
  port === smtpPort && port !== 0 && host === smtpHost
