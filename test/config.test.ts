import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError, readConfig } from '../src/config.ts'

const KEY = 'f3b1'.concat('9c0d7e52a84610bb', 'a9e8d7c6b5f4e3d2', '01')

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

t.test('an empty environment is a whole configuration, reachable from this machine only', async (t) => {
  t.same(readConfig({ PATH: '/usr/bin', HOME: '/root', PORT: '' }), {
    host: '127.0.0.1',
    port: 3000,
    smtpHost: '127.0.0.1',
    smtpPort: 2525,
    smtpsPort: undefined,
    smtpTlsCert: undefined,
    smtpTlsKey: undefined,
    requireTls: false,
    publicUrl: 'http://127.0.0.1:3000',
    portalUrl: undefined,
    httpTrustedProxies: [],
    dataDir: './data',
    unsafePostgres: 'refuse',
    databaseUrl: undefined,
    bootstrapApiKey: undefined,
    jwtSecret: undefined,
    mailDomain: 'kontor.localhost',
    replyDomain: 'kontor.localhost',
    mailBytesMax: 26_214_400,
    attachmentBytesMax: 26_214_400,
    smtpTrustedRelays: [],
    smtpAuthservIds: [],
    smtpRelayUrl: undefined,
    dkimKeys: [],
    logLevel: 'info',
    roles: ['api', 'smtp', 'worker'],
  })
})

t.test('a configuration never changes', async (t) => {
  const config = readConfig({})
  t.throws(() => Object.assign(config, { port: 1 }), TypeError)
  t.throws(() => Object.assign(config.roles, ['smtp']), TypeError)
})

t.test('what is set is what is used', async (t) => {
  for (const [env, expected] of [
    [
      { PORT: '0', SMTP_PORT: '0' },
      { port: 0, smtpPort: 0, publicUrl: 'http://127.0.0.1:0' },
    ],
    [
      { HOST: '0.0.0.0', PORT: '80' },
      { smtpHost: '0.0.0.0', publicUrl: 'http://localhost:80' },
    ],
    [
      { HOST: '::1', SMTP_HOST: 'mail' },
      { smtpHost: 'mail', publicUrl: 'http://[::1]:3000' },
    ],
    [{ HOST: '::1', SMTP_HOST: '::1', PORT: '2526' }, { port: 2526 }],
    [
      { HOST: '10.0.0.1', SMTP_HOST: '10.0.0.2', PORT: '2525' },
      { port: 2525, smtpPort: 2525 },
    ],
    [{ PORTAL_URL: 'https://portal.example.com/' }, { portalUrl: 'https://portal.example.com' }],
    [{ HTTP_TRUSTED_PROXIES: '10.0.0.0/8,::1' }, { httpTrustedProxies: ['10.0.0.0/8', '::1'] }],
    [{ PUBLIC_URL: 'https://help.example.com/desk/' }, { publicUrl: 'https://help.example.com/desk' }],
    [{ MAIL_DOMAIN: 'Büro.example' }, { mailDomain: 'xn--bro-hoa.example', replyDomain: 'xn--bro-hoa.example' }],
    [
      { MAIL_DOMAIN: 'a.example', REPLY_DOMAIN: 'r.a.example' },
      { mailDomain: 'a.example', replyDomain: 'r.a.example' },
    ],
    [
      { MAIL_BYTES_MAX: '1000', ATTACHMENT_BYTES_MAX: '1073741824' },
      { mailBytesMax: 1000, attachmentBytesMax: 2 ** 30 },
    ],
    [
      { SMTP_TRUSTED_RELAYS: '10.0.0.0/8, 192.0.2.7,fd00::/8' },
      { smtpTrustedRelays: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'] },
    ],
    [{ SMTP_RELAY_URL: 'smtp://user:pass@relay.example:587?tls=starttls' }, {}],
    [{ SMTP_RELAY_URL: 'smtp://127.0.0.1:1025?tls=none' }, { smtpRelayUrl: 'smtp://127.0.0.1:1025?tls=none' }],
    [{ SMTP_RELAY_URL: 'smtps://relay.example' }, { smtpRelayUrl: 'smtps://relay.example' }],
    [{ DATABASE_URL: 'postgresql://kontor@db/kontor' }, { databaseUrl: 'postgresql://kontor@db/kontor' }],
    [{ DATABASE_URL: 'postgres:///kontor?host=/run/postgresql' }, {}],
    [
      { DKIM_KEYS: 'example.com:s1:/run/a.pem, example.org:s2:c:/b.pem' },
      { dkimKeys: ['example.com:s1:/run/a.pem', 'example.org:s2:c:/b.pem'] },
    ],
    [{ KONTOR_ROLES: 'api,smtp' }, { roles: ['api', 'smtp'] }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [
      { BOOTSTRAP_API_KEY: KEY, JWT_SECRET: KEY },
      { bootstrapApiKey: KEY, jwtSecret: KEY },
    ],
    [{ BOOTSTRAP_API_KEY: 'a key with spaces inside, long enough 1' }, {}],
    [{ JWT_SECRET: 'ü'.repeat(15).concat('xy') }, {}], // 32 bytes in 17 characters
  ] as const) {
    t.match(readConfig(env), expected, JSON.stringify(env))
  }
})

t.test('what cannot be meant is refused, in words', async (t) => {
  for (const [env, fault] of [
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 (any free port) to 65535, not "70000"'],
    [{ PORT: '3000 ' }, /^PORT must be .*, not "3000 "$/],
    [{ PORT: '1e3' }, /^PORT must be/],
    [{ SMTP_PORT: '-1' }, /^SMTP_PORT must be/],
    [{ PORT: '2525' }, 'SMTP_PORT must differ from PORT, 2525: both listen on 127.0.0.1'],
    [{ HOST: 'http://localhost' }, 'HOST must be an IP address or a host name, not "http://localhost"'],
    [{ HOST: '1.2.3.400' }, /^HOST must be/],
    [{ MAIL_DOMAIN: 'help@example.com' }, /^MAIL_DOMAIN must be a domain name, like help.example.com, not "help@/],
    [{ MAIL_DOMAIN: '-a.example' }, /^MAIL_DOMAIN must be/],
    [{ MAIL_BYTES_MAX: '25 MB' }, /^MAIL_BYTES_MAX must be a number of bytes from 1 to/],
    [{ ATTACHMENT_BYTES_MAX: '1073741825' }, /^ATTACHMENT_BYTES_MAX must be/],
    [{ SMTP_TRUSTED_RELAYS: '10.0.0.0/33' }, /^SMTP_TRUSTED_RELAYS must be a list of IP addresses and networks/],
    [{ SMTP_TRUSTED_RELAYS: '10.0.0.1,' }, /^SMTP_TRUSTED_RELAYS must be/],
    [{ SMTP_TRUSTED_RELAYS: 'relay.example' }, /^SMTP_TRUSTED_RELAYS must be/],
    [{ PORTAL_URL: 'javascript:alert(1)' }, /^PORTAL_URL must be an http:/],
    [{ HTTP_TRUSTED_PROXIES: 'proxy' }, /^HTTP_TRUSTED_PROXIES must be/],
    [{ PUBLIC_URL: 'help.example.com' }, /^PUBLIC_URL must be an http:/],
    [{ PUBLIC_URL: 'https://help.example.com/?a=1' }, /^PUBLIC_URL must be an http:/],
    [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent, not "verbose"'],
    [{ KONTOR_ROLES: 'api,web' }, /^KONTOR_ROLES must be a list of api, smtp and worker/],
    [{ KONTOR_ROLES: 'api,api' }, /^KONTOR_ROLES must be/],
    [{ DKIM_KEYS: 'example.com:s1' }, /^DKIM_KEYS must be a list of domain:selector:path/],
    [{ DKIM_KEYS: 'example.com::/run/a.pem' }, /^DKIM_KEYS must be/],
    [{ DKIM_KEYS: 'a@example.com:s1:/run/a.pem' }, /^DKIM_KEYS must be/],
    [{ DATA_DIR: './da\nta' }, 'DATA_DIR must not contain control characters'],
  ] as const) {
    const [first, ...more] = faultsOf(env)
    t.match(first, fault, JSON.stringify(env))
    t.same(more, [], 'and nothing else is said')
  }
})

t.test('addresses that may hold a password are refused without being shown', async (t) => {
  for (const [name, value] of [
    ['DATABASE_URL', 'mysql://kontor:hunter2@db/kontor'],
    ['DATABASE_URL', 'hunter2'],
    ['SMTP_RELAY_URL', 'smtp://user:hunter2@relay.example?tls=maybe'],
    ['SMTP_RELAY_URL', 'smtp://user:hunter2@relay.example?pool=true'],
    ['SMTP_RELAY_URL', 'smtps://user:hunter2@relay.example?tls=none'],
    ['SMTP_RELAY_URL', 'smtp://user:hunter2@relay.example/path'],
    ['SMTP_RELAY_URL', 'https://user:hunter2@relay.example'],
    ['PUBLIC_URL', 'https://user:hunter2@help.example.com'],
  ] as const) {
    const faults = faultsOf({ [name]: value })
    t.match(faults, [new RegExp(`^${name} must be `)], value.replace('hunter2', '…'))
    t.notMatch(faults.join(), /hunter2|something else/)
  }
})

t.test('secrets that everybody knows, or that are too short, are refused and never shown', async (t) => {
  const long = (text: string) => text.repeat(40).slice(0, 40)
  const wellKnown = [
    long('a'),
    long('changeme'),
    long('secret'),
    long('Pass-word_'),
    'changeme-changeme-changeme-1234567890',
  ]
  for (const value of [...wellKnown, 'password1234567890123456789012345']) {
    const reason = 'must not be a well-known or repeated value: `openssl rand -hex 32` makes a good one'
    const faults = faultsOf({ BOOTSTRAP_API_KEY: value, JWT_SECRET: value })
    t.same(faults, [`BOOTSTRAP_API_KEY ${reason}`, `JWT_SECRET ${reason}`], value)
  }
  for (const value of [
    'secret',
    'changeme',
    KEY.slice(0, 31),
    long(KEY).concat(long(KEY), long(KEY), long(KEY), long(KEY), 'x'),
  ]) {
    const faults = faultsOf({ BOOTSTRAP_API_KEY: value })
    t.match(faults, [/^BOOTSTRAP_API_KEY must/], value)
    t.notMatch(faults[0], JSON.stringify(value))
  }
  for (const value of [` ${KEY}`, `${KEY}ü`, `${KEY}\t`])
    t.match(faultsOf({ BOOTSTRAP_API_KEY: value }), [/^BOOTSTRAP_API_KEY/])
  t.match(faultsOf({ JWT_SECRET: KEY.slice(0, 31) }), ['JWT_SECRET must be at least 32 bytes long'])
})

t.test('a misspelt variable is found, and other programs are left alone', async (t) => {
  for (const [name, hint] of [
    ['SMTPPORT', 'SMTP_PORT'],
    ['SMTP_PROT', 'SMTP_PORT'],
    ['SMTPP_ORT', 'SMTP_PORT'],
    ['PROT', 'PORT'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['BOOTSTRAP_APIKEY', 'BOOTSTRAP_API_KEY'],
    ['JWT_SECRET_FIEL', 'JWT_SECRET_FILE'],
    ['KONTOR_ROLE', 'KONTOR_ROLES'],
    ['KONTOR_PORT', 'PORT'],
    ['KONTOR_DATABASE_URL', 'DATABASE_URL'],
  ] as const) {
    t.same(faultsOf({ [name]: '1' }), [`${name} is not a variable of Kontor: did you mean ${hint}?`])
  }
  t.same(faultsOf({ KONTOR_COLOUR: 'red' }), ['KONTOR_COLOUR is not a variable of Kontor'])
  for (const name of [
    ...['HOME', 'ROOT', 'OS', 'PGUSER', 'HTTP_PORT', 'IMAP_HOST', 'HOSTNAME', 'LOG_FILE', 'SMTP_PASS', 'MAIL'],
    ...['KONTOR_SERVICE_HOST', 'KONTOR_SERVICE_PORT', 'KONTOR_SERVICE_PORT_HTTP', 'KONTOR_PORT_3000_TCP_ADDR'],
  ]) {
    t.same(faultsOf({ [name]: '1' }), [], name)
  }
  t.same(faultsOf({ KONTOR_PORT: 'tcp://10.0.0.1:3000' }), [], 'a service link of Kubernetes')
})

t.test('a value may stand in a file', async (t) => {
  const folder = t.testdir({
    key: `${KEY}\n`,
    port: '4000\r\n',
    two: `${KEY}\n\n`,
    empty: '\n',
    long: 'x'.repeat(65_537),
  })
  const file = (name: string) => join(folder, name)

  const config = readConfig({ BOOTSTRAP_API_KEY_FILE: file('key'), PORT_FILE: file('port'), PORT: '' })
  t.match(config, { bootstrapApiKey: KEY, port: 4000 })

  for (const [env, fault] of [
    [{ PORT: '1', PORT_FILE: file('port') }, 'PORT and PORT_FILE are both set: keep one of them'],
    [{ JWT_SECRET_FILE: file('none') }, `JWT_SECRET_FILE: ${file('none')} cannot be read (ENOENT)`],
    [{ JWT_SECRET_FILE: folder }, `JWT_SECRET_FILE: ${folder} cannot be read (EISDIR)`],
    [{ JWT_SECRET_FILE: file('empty') }, `JWT_SECRET_FILE: ${file('empty')} is empty`],
    [{ JWT_SECRET_FILE: file('long') }, `JWT_SECRET_FILE: ${file('long')} is longer than 65536 bytes`],
    [{ BOOTSTRAP_API_KEY_FILE: file('two') }, 'BOOTSTRAP_API_KEY must not contain control characters'],
  ] as const) {
    t.same(faultsOf(env), [fault])
  }
})

t.test('all faults are told at once, a line for each', async (t) => {
  const folder = t.testdir({})
  writeFileSync(join(folder, 'port'), 'many')
  const env = {
    PORT_FILE: join(folder, 'port'),
    LOG_LEVEL: 'loud',
    SMTPPORT: '25',
    HOST: 'a b',
    SMTP_RELAY_URL: 'relay',
  }
  t.throws(() => readConfig(env), {
    name: 'ConfigError',
    message: [
      'Kontor cannot start with this configuration:',
      '- SMTPPORT is not a variable of Kontor: did you mean SMTP_PORT?',
      '- HOST must be an IP address or a host name, not "a b"',
      '- PORT must be a whole number from 0 (any free port) to 65535, not "many"',
      '- SMTP_RELAY_URL must be smtp://host:port (with ?tls=none or ?tls=starttls) or smtps://host:port',
      '- LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent, not "loud"',
    ].join('\n'),
  })
})
