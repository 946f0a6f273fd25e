import { pino } from 'pino'
import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openDatabase } from '../database.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { createApiKey } from '../domain/access/create-api-key.ts'
import { addPerson } from '../domain/people/add-person.ts'
import { peopleQuery } from '../domain/people/queries.ts'
import { SYSTEM } from '../kernel/actor.ts'
import type { Session } from '../kernel/desk.ts'
import { Problem } from '../kernel/problems.ts'
import { readDkimKeys } from '../mail/out/dkim.ts'
import { createTransport } from '../mail/out/transport.ts'
import { recordMetrics, waiting } from '../metrics.ts'
import { version } from '../version.ts'
import { ingestAll } from './ingest.ts'

const quiet = pino({ level: 'error' })

/** The house without listeners: the embedded database must be free, a server is shared with the running service. */
async function withDesk(config: Config, work: (desk: Session, app: App) => Promise<void>): Promise<void> {
  const { db, firstKey, close } = await openDatabase(config, quiet)
  if (firstKey) console.log(`The first API key: ${firstKey}`)
  try {
    const app = await createApp({
      config,
      db,
      clock: () => new Date(),
      log: quiet,
      metrics: recordMetrics(db),
      version,
    })
    try {
      await work(app.desk.as(SYSTEM, { channel: 'import' }), app)
      await app.relay.drain()
    } finally {
      await app.close()
    }
  } finally {
    await close()
  }
}

/** Migrates, and says so. */
export async function migrateOnly(config: Config): Promise<void> {
  const { firstKey, close } = await openDatabase(config, quiet)
  await close()
  console.log('The schema is up to date.')
  if (firstKey) console.log(`The first API key, shown this once: ${firstKey}`)
}

/** A key for somebody who is there. Throws person_not_found. */
export const createKey = (
  config: Config,
  { person, name, scope }: { person: string; name: string; scope: string[] },
): Promise<void> =>
  withDesk(config, async (desk) => {
    const filters = [{ field: 'email', op: 'is' as const, values: [person.toLowerCase()] }]
    const [found] = (await desk.read(peopleQuery, { filters, limit: 1 })).data
    if (!found) throw new Problem('person_not_found', { detail: `Nobody has the address ${person}.` })
    const { key } = await desk.execute(createApiKey, { name, personId: found.id, scopes: scope })
    console.log(key)
  })

/** A further admin, and their key. Throws email_taken. */
export const addAdmin = (config: Config, { email, name }: { email: string; name?: string }): Promise<void> =>
  withDesk(config, async (desk) => {
    const person = await desk.execute(addPerson, { email, ...(name ? { name } : {}), role: 'admin', supportTeam: true })
    const { key } = await desk.execute(createApiKey, { name: 'First key', personId: person.id })
    console.log(key)
  })

/** Files raw messages and says what became of them. Ends with 1 when one could not be taken. */
export const ingest = (config: Config, paths: string[], to: string | undefined): Promise<void> =>
  withDesk(config, (_desk, app) => ingestAll(config, app, { paths, to }))

/** What could be wrong, a line each. Ends with 1 when something is. */
export async function doctor(config: Config): Promise<void> {
  const say = (isWell: boolean, what: string) => {
    console.log(`${isWell ? 'ok     ' : 'PROBLEM'} ${what}`)
    if (!isWell) process.exitCode = 1
  }
  say(true, 'the configuration is right')
  try {
    const { db, firstKey, close } = await openDatabase(config, quiet)
    if (firstKey) say(true, `the database was empty: the first API key is in ${config.dataDir}/first-api-key`)
    say(
      true,
      config.databaseUrl
        ? 'Postgres is reached, and keeps what it commits'
        : `the embedded database in ${config.dataDir} opens; it survives a kill, not a power cut`,
    )
    const pending = await pendingMigrations(db)
    say(pending === 0, pending ? `${pending} migrations are to be done` : 'the schema is up to date')
    const { pending: unfiled, queued, outbox } = await waiting(db)
    say(true, `${unfiled} mails to be filed, ${queued} to be sent, ${outbox} jobs to be handed on`)
    await close()
  } catch (error) {
    say(false, error instanceof Error ? error.message : String(error))
  }
  await lookAtRelay(config, say)
}

async function lookAtRelay(
  { smtpRelayUrl, mailDomain, dkimKeys }: Config,
  say: (isWell: boolean, what: string) => void,
): Promise<void> {
  const keys = await readDkimKeys(dkimKeys).catch((error: Error) => say(false, error.message))
  if (keys?.length) say(true, `mail is signed for ${keys.map(({ domainName }) => domainName).join(', ')}`)
  if (!smtpRelayUrl) return say(true, 'no SMTP_RELAY_URL: mail to customers stays in the ledger as unrouted')
  const transport = createTransport({ relayUrl: smtpRelayUrl, ehloName: mailDomain })
  const reached = await transport.verify()
  transport.close()
  say(reached, reached ? 'the relay takes mail' : 'the relay cannot be reached, or refuses our credentials')
}
