import { Command } from 'commander'
import { addAdmin, createKey, doctor, ingest, migrateOnly } from './cli/commands.ts'
import { ConfigError, readConfig } from './config.ts'
import { DirectoryLocked } from './db/lock.ts'
import { EXIT_LOCKED } from './exit.ts'
import { Problem } from './kernel/problems.ts'
import { startProcess } from './process.ts'
import { version } from './version.ts'

/** The operator's commands: the same commands and queries as the API, with the configuration of the environment. */
const kontor = new Command('kontor')
  .description('A headless ticketing service')
  .version(version)
  .showSuggestionAfterError()

kontor
  .command('start')
  .description('run the service')
  .action(async () => void (await startProcess(readConfig(process.env))))

kontor
  .command('config')
  .description('about the configuration')
  .command('check')
  .description('say whether the environment is right, and what follows from it')
  .action(() => {
    const { databaseUrl, bootstrapApiKey, jwtSecret, smtpRelayUrl, ...told } = readConfig(process.env)
    const isSet = (value: string | undefined) => (value === undefined ? 'not set' : 'set')
    console.log({
      ...told,
      databaseUrl: isSet(databaseUrl),
      bootstrapApiKey: isSet(bootstrapApiKey),
      jwtSecret: isSet(jwtSecret),
      smtpRelayUrl: isSet(smtpRelayUrl),
    })
  })

kontor
  .command('migrate')
  .description('bring the schema up to date, and make the first desk in an empty database')
  .action(() => migrateOnly(readConfig(process.env)))

const key = kontor.command('key').description('about API keys')
key
  .command('create')
  .description('make an API key; it is shown this once')
  .requiredOption('--person <email>', 'whom it acts as')
  .option('--name <name>', 'what it is for', 'Made by an operator')
  .option('--scope <scope...>', 'what it may do: *, <group>:read, <group>:write or a command', ['*'])
  .action((options: { person: string; name: string; scope: string[] }) => createKey(readConfig(process.env), options))

const admin = kontor.command('admin').description('about admins')
admin
  .command('create')
  .description('add an admin with a key; it is shown this once')
  .requiredOption('--email <email>', 'their address')
  .option('--name <name>', 'their name')
  .action((options: { email: string; name?: string }) => addAdmin(readConfig(process.env), options))

const mail = kontor.command('mail').description('about mail')
mail
  .command('ingest')
  .description('take in raw messages from files and folders, as if they had come over SMTP')
  .argument('<path...>', 'raw messages (RFC 5322), .mbox files, or folders with such')
  .option('--to <address>', 'the mailbox; the first one where nothing is said')
  .action((files: string[], options: { to?: string }) => ingest(readConfig(process.env), files, options.to))

kontor
  .command('doctor')
  .description('look at everything that could be wrong')
  .action(() => doctor(readConfig(process.env)))

try {
  await kontor.parseAsync()
} catch (error) {
  const isPlain = error instanceof ConfigError || error instanceof DirectoryLocked || error instanceof Problem
  console.error(isPlain ? error.message : error)
  process.exit(error instanceof DirectoryLocked ? EXIT_LOCKED : 1)
}
