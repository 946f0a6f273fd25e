import type { Config } from './config.ts'
import { version } from './version.ts'

interface Hello {
  config: Config
  httpPort: number
  smtpPort: number | undefined
  firstKey: string | undefined
}

/** What a person at the terminal needs to know, and to go on with. */
export function sayHello({ config, httpPort, smtpPort, firstKey }: Hello): void {
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${httpPort}`
  const lines = [
    `Kontor ${version} is ready: ${url} (documents: ${url}/docs)${smtpPort === undefined ? '' : `, mail on ${config.smtpHost}:${smtpPort}`}`,
    ...(config.databaseUrl
      ? []
      : [
          `Data are in ${config.dataDir}, in an embedded database: one process, survives a kill but not a power cut. Set DATABASE_URL for Postgres.`,
        ]),
    ...(config.smtpRelayUrl ? [] : ['No SMTP_RELAY_URL: mail to customers stays in the ledger as unrouted.']),
    ...(firstKey ? firstSteps(url, firstKey, config) : []),
  ]
  console.log(lines.join('\n'))
}

const firstSteps = (url: string, key: string, { mailDomain, dataDir }: Config): string[] => [
  '',
  `The first API key, of admin@${mailDomain}, is shown this once and kept in ${dataDir}/first-api-key:`,
  `  ${key}`,
  'Try it:',
  `  curl -s ${url}/v1/tickets -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '{"subject":"Printer on fire","body":"It burns.","requester":{"email":"ruth@example.com"}}'`,
  '',
]
