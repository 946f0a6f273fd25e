import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { restPlugin } from './rest/plugin.ts'
import { version } from './version.ts'

const path = join(import.meta.dirname, '../openapi.yaml')

/** The REST contract as the routes have it. Nothing is asked of a desk while routes are declared. */
export async function printContract(): Promise<string> {
  const app = Fastify({ logger: false })
  const unasked = (): never => {
    throw new Error('a contract answers no request')
  }
  await restPlugin(app, {
    desk: { as: unasked },
    authenticator: { byApiKey: unasked, byPerson: unasked, bySession: unasked },
    secrets: { jwt: Buffer.alloc(32), cursor: Buffer.alloc(32), reply: [], instanceId: '' },
    sdl: '',
    parse: unasked,
    mailBytesMax: 1,
    attachmentBytesMax: 1,
    metrics: new Registry(),
    version,
    readiness: unasked,
  })
  await app.ready()
  const contract = app.swagger({ yaml: true })
  await app.close()
  return `# Printed from the routes by \`npm run contract\`; not edited by hand.\n${contract}`
}

if (import.meta.main) {
  const contract = await printContract()
  if (!process.argv.includes('--check')) writeFileSync(path, contract)
  else if (readFileSync(path, 'utf8') !== contract) {
    console.error('openapi.yaml is not what the routes say: run `npm run contract` and commit what it writes.')
    process.exit(1)
  }
}
