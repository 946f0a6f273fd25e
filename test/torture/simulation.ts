import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { openHome, type ServerDatabase } from '../support/process.ts'
import { ask } from './ask.ts'
import type { TortureResult } from './kill.ts'

export interface SimulationParts {
  events: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

interface Simulation {
  id: string
  state: string
  progress: { events: number; total: number | null }
  counts: Record<string, number>
  samples: object[]
}

const TICKETS = 10
const LOOK_MS = 20
const WITHIN_MS = 300_000
const RULE = {
  on: ['ticket.opened'],
  if: {
    all: [
      { field: 'message.bodyText', op: 'contains', value: 'burn' },
      { field: 'number', op: 'lte', value: 4 },
    ],
  },
  then: [{ action: 'changeTicket', priority: 'high' }],
}

/** A simulation whose worker is killed on the way: another goes on, and finds what one that nobody disturbs finds. */
export async function simulationRun({ events, database }: SimulationParts): Promise<TortureResult> {
  // so many events are written past the service
  if (!database) return { figures: 'only on a server: the embedded database lets nobody else in', violations: [] }
  const home = await openHome(database)
  try {
    const first = await home.start()
    const key = first.firstKey() ?? ''
    for (let n = 0; n < TICKETS; n++)
      await ask(first, key, 'POST', '/tickets', {
        subject: `T ${n}`,
        body: 'They burn.',
        requester: { email: 'r@a.test' },
      })
    await multiplyEvents(database.url, Math.ceil(events / TICKETS))
    const to = new Date(Date.now() + 60_000).toISOString()
    const begin = () => ask<Simulation>(first, key, 'POST', '/rules/tortured/simulations', { rule: RULE, to })
    const read = (from: typeof first, { id }: Simulation) =>
      ask<Simulation>(from, key, 'GET', `/rules/tortured/simulations/${id}`)
    const reach = async (from: typeof first, simulation: Simulation, isThere: (now: Simulation) => boolean) => {
      const since = performance.now()
      for (;;) {
        const now = await read(from, simulation)
        const seconds = (performance.now() - since) / 1_000
        if (isThere(now) || seconds * 1_000 > WITHIN_MS) return { now, seconds }
        await wait(LOOK_MS)
      }
    }
    const isOver = ({ state }: Simulation) => state !== 'queued' && state !== 'running'
    const calm = await reach(first, await begin(), isOver)

    const heir = await home.start()
    const hunted = await begin()
    const { now: cut } = await reach(first, hunted, ({ progress }) => progress.events >= events / 4)
    first.kill('SIGKILL')
    await first.ended
    const left = await read(heir, hunted)
    const end = await reach(heir, hunted, isOver)
    return {
      figures: [
        `${calm.now.progress.events} events in ${calm.seconds.toFixed(1)} s`,
        `looked for a kill at ${cut.progress.events}, killed at ${left.progress.events} (${left.state})`,
        `done by another worker ${end.seconds.toFixed(1)} s later`,
      ].join('; '),
      violations: [
        ...(calm.now.state === 'done' && end.now.state === 'done' ? [] : [`${calm.now.state} and ${end.now.state}`]),
        ...(isOver(left) ? ['it was over before the kill: nothing was shown'] : []),
        ...differences(calm.now, end.now),
        ...((calm.now.counts.fired ?? 0) > 0 ? [] : ['nothing fired: nothing was shown']),
      ],
    }
  } finally {
    await home.close()
  }
}

/** As if each ticket had been opened so many times. */
async function multiplyEvents(url: string, times: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const text = `insert into events select (jsonb_populate_record(e, jsonb_build_object('id', e.id || lpad(n::text, 6, '0'), 'at', e.at + n * interval '1 ms'))).*
    from events e, generate_series(1, $1::int) n where e.type = 'ticket.opened'`
  await client.query(text, [times - 1]).finally(() => client.end())
}

function differences(calm: Simulation, hunted: Simulation): string[] {
  const told = ({ progress, counts, samples }: Simulation) => JSON.stringify({ progress, counts, samples })
  return told(calm) === told(hunted)
    ? []
    : [`${JSON.stringify(hunted.counts)} instead of ${JSON.stringify(calm.counts)}`]
}
