import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { makeDatabase, onPostgres } from '../support/database.ts'
import { startPostgres } from '../support/postgres.ts'
import type { ServerDatabase } from '../support/process.ts'
import { calendarsRun } from './calendars.ts'
import { type ClaimsParts, claimsRun } from './claims.ts'
import { type ContractsParts, contractsRun } from './contracts.ts'
import { type HostileParts, hostileRun } from './hostile.ts'
import { type KillParts, killRun, type TortureResult } from './kill.ts'
import { outboundRun } from './outbound.ts'
import { pendingRun } from './pending.ts'
import { type RoundRobinParts, roundRobinRun } from './round-robin.ts'
import { type SequencesParts, sequencesRun } from './sequences.ts'
import { type SimulationParts, simulationRun } from './simulation.ts'
import { slaRun } from './sla.ts'
import { type TimersParts, timersRun } from './timers.ts'

const SEED_MAX = 2 ** 31

const tortures: Record<
  string,
  (
    parts: KillParts &
      ClaimsParts &
      ContractsParts &
      HostileParts &
      RoundRobinParts &
      SimulationParts &
      TimersParts &
      SequencesParts,
  ) => Promise<TortureResult>
> = {
  kill: killRun,
  pending: pendingRun,
  claims: claimsRun,
  calendars: calendarsRun,
  contracts: contractsRun,
  hostile: hostileRun,
  outbound: outboundRun,
  'round-robin': roundRobinRun,
  simulation: simulationRun,
  sequences: sequencesRun,
  sla: slaRun,
  timers: timersRun,
}
const databases: Record<string, () => Promise<ServerDatabase | undefined>> = {
  pglite: async () => undefined,
  postgres: () => (onPostgres ? makeDatabase() : startPostgres()),
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(tortures).join() },
    database: { type: 'string', default: Object.keys(databases).join() },
    mails: { type: 'string', default: '500' },
    writes: { type: 'string', default: '500' },
    kills: { type: 'string', default: '6' },
    mutations: { type: 'string', default: '20000' },
    large: { type: 'string', default: '10' },
    tickets: { type: 'string', default: '1000' },
    claimed: { type: 'string', default: '200' },
    runs: { type: 'string', default: '1000' },
    events: { type: 'string', default: '50000' },
    timers: { type: 'string', default: '1000' },
    stopped: { type: 'string', default: '20' },
    times: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
})

let violations = 0
for (const [name, torture] of Object.entries(tortures).filter(([name]) => values.only.split(',').includes(name)))
  for (const [database, open] of Object.entries(databases).filter(([name]) =>
    values.database.split(',').includes(name),
  ))
    for (let time = 0; time < Number(values.times); time++) {
      const seed = values.seed === undefined ? randomInt(SEED_MAX) : Number(values.seed) + time
      const { mails, writes, kills, mutations, large, tickets, claimed, runs, events, timers, stopped } = values
      const counts = {
        mutations: Number(mutations),
        large: Number(large),
        tickets: Number(tickets),
        claimed: Number(claimed),
        runs: Number(runs),
        events: Number(events),
      }
      const waits = { timers: Number(timers), stoppedSeconds: Number(stopped) }
      const parts = { mails: Number(mails), writes: Number(writes), kills: Number(kills), ...counts, ...waits, seed }
      const result = await torture({ ...parts, database: await open() })
      violations += result.violations.length
      console.log(`${result.violations.length ? '✗' : '✓'} ${name} on ${database}, --seed ${seed}: ${result.figures}`)
      for (const violation of result.violations.slice(0, 50)) console.log(`    ${violation}`)
    }
if (violations) console.log(`${violations} violations`)
process.exitCode = violations ? 1 : 0
