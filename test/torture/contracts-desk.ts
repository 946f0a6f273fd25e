import { pino } from 'pino'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPglite } from '../../src/db/pglite.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { makeFirstDesk } from '../../src/domain/access/first-desk.ts'
import { turnContract } from '../../src/domain/contracts/turn-contract.ts'
import { SYSTEM } from '../../src/kernel/actor.ts'
import { recordMetrics } from '../../src/metrics.ts'

// A process of its own with a clock that is set from outside: who has started it asks by messages.

interface Asked {
  n: number
  clock?: number
  turn?: string
  request?: { method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'; path: string; body?: object; key: string }
}

const url = process.env.DATABASE_URL
const db = url === undefined ? await openPglite() : openPostgres(url, () => {})
await migrate(db)
const config = readConfig({ ...(url === undefined ? {} : { DATABASE_URL: url }), LOG_LEVEL: 'silent' })
let now = Date.now()
const clock = () => new Date(now)
const key = await makeFirstDesk(db, clock, config, () => {})
const log = pino({ level: config.logLevel })
const app = await createApp({ config, db, clock, log, metrics: recordMetrics(db), version: 'torture' })
const system = app.desk.as(SYSTEM, { channel: 'rule' })

async function answer({ clock, turn, request }: Asked): Promise<object> {
  if (clock !== undefined) now = clock
  if (turn !== undefined) await system.execute(turnContract, { contractId: turn })
  if (!request) return {}
  const { method, path, body, key } = request
  const { statusCode: status, body: text } = await app.http.inject({
    method,
    url: `/v1${path}`,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { payload: JSON.stringify(body) } : {}),
  })
  return { status, body: text ? JSON.parse(text) : null }
}

process.on('message', async (asked: Asked) => {
  const given = await answer(asked).catch((error: unknown) => ({ error: String(error) }))
  process.send?.({ n: asked.n, ...given })
})
// whoever started this is gone
process.on('disconnect', () => process.exit(0))
process.send?.({ n: 0, key })
