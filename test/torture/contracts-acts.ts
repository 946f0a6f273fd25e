import type { Kept, Said } from './contracts-model.ts'
import type { Random } from './random.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
export type Answer = { status: number; body: any }
type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** A desk with a clock that can be set; several may stand on one database. */
export interface ClockedDesk {
  ask(method: Method, path: string, body?: object, key?: string): Promise<Answer>
  turn(contractId: string): Promise<unknown>
  setClock(now: number): Promise<unknown>
}

const BEGINS = Date.parse('2027-01-31T10:00:00.000Z')
export const HOUR_MS = 3_600_000
const AGENTS = 4
const TICKETS = 3
/** So much is done before the clock moves on. */
export const STRETCH = 40

/** Contracts, tickets of those who have them, and what has been done so far. */
export interface Scene {
  desks: readonly ClockedDesk[]
  random: Random
  kept: Kept[]
  tickets: string[]
  agents: { id: string; key: string }[]
  entries: string[]
  said: Said
  now: number
}

const CONTRACTS: readonly Omit<Kept, 'id'>[] = [
  {
    unit: 'hours',
    drawdown: 'entry',
    period: 'month',
    overage: 'block',
    allowance: 40_000,
    carryOverMax: 0,
    roundToSeconds: 60,
  },
  {
    unit: 'hours',
    drawdown: 'entry',
    period: 'month',
    overage: 'allow',
    overageLimit: 7_200,
    allowance: 30_000,
    carryOverMax: 10_800,
  },
  {
    unit: 'points',
    drawdown: 'entry',
    period: 'quarter',
    overage: 'block',
    allowance: 3_000,
    carryOverMax: null,
    pointsPerHour: 133,
  },
  {
    unit: 'points',
    drawdown: 'ticket',
    period: 'month',
    overage: 'allow',
    allowance: 200,
    carryOverMax: 0,
    unitsPerTicket: 100,
  },
]
const TERMS = [
  { if: { field: 'entry.activity', op: 'is', value: 'night' }, factorPercent: 150, minimumSeconds: 900 },
  { if: { field: 'entry.activity', op: 'is', value: 'gift' }, factorPercent: 0 },
]

/** A contract of each kind, three of a requester and one of an organization, with their tickets; and those who work on them. */
export async function prepared(desks: readonly ClockedDesk[], random: Random): Promise<Scene> {
  const [desk] = desks
  if (!desk) throw new Error('there is no desk')
  await Promise.all(desks.map((each) => each.setClock(BEGINS)))
  const make = async (path: string, body: object, method: Method = 'POST') => {
    const answer = await desk.ask(method, path, body)
    if (answer.status > 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const scene: Scene = {
    desks,
    random,
    kept: [],
    tickets: [],
    agents: [],
    entries: [],
    said: { adjustments: [], faults: [] },
    now: BEGINS,
  }
  for (const key of ['night', 'gift']) await make('/activities', { key, name: key })
  for (const [n, contract] of CONTRACTS.entries()) {
    const { id: requesterId } = await make('/people', { email: `r${n}@example.com`, role: 'requester' })
    const owner =
      contract.period === 'quarter'
        ? { organizationId: (await make('/organizations', { name: 'Acme' })).id }
        : { requesterId }
    if (owner.organizationId) await make(`/people/${requesterId}`, owner, 'PATCH')
    const terms = contract.drawdown === 'entry' ? { terms: TERMS } : {}
    const about = { name: `C${n}`, timeZone: 'Europe/Vienna', startsOn: '2027-01-31', ...owner, ...terms }
    scene.kept.push({ ...contract, id: (await make('/contracts', { ...about, ...contract })).id })
    for (let ticket = 0; ticket < TICKETS; ticket++)
      scene.tickets.push((await make('/tickets', { subject: 'T', body: 'T', requesterId })).id)
  }
  for (let n = 0; n < AGENTS; n++) {
    const { id } = await make('/people', { email: `a${n}@example.com`, role: 'agent' })
    scene.agents.push({ id, key: (await make('/api-keys', { name: 'a', personId: id })).key })
  }
  return scene
}

type Act = (scene: Scene, desk: ClockedDesk) => Promise<Answer>

const oneOf = <T>({ random }: Scene, all: readonly T[]): T | undefined => all[random.integer(0, all.length - 1)]
const ACTIVITIES = [null, null, 'night', 'gift']

export const log: Act = async (scene, { ask }) => {
  const startedAt = new Date(scene.now - 9 * HOUR_MS).toISOString()
  const body = { startedAt, durationSeconds: scene.random.integer(1, 9_000), activity: oneOf(scene, ACTIVITIES) }
  const billable = scene.random.integer(0, 9) > 0
  const key = oneOf(scene, scene.agents)?.key
  const answer = await ask('POST', `/tickets/${oneOf(scene, scene.tickets)}/time-entries`, { ...body, billable }, key)
  if (answer.status === 201) scene.entries.push(answer.body.id)
  return answer
}

const change: Act = (scene, { ask }) =>
  ask('PATCH', `/time-entries/${oneOf(scene, scene.entries) ?? 'tim_none'}`, {
    ...(oneOf(scene, [
      { durationSeconds: scene.random.integer(1, 9_000) },
      { billable: scene.random.integer(0, 1) === 1 },
      { activity: oneOf(scene, ACTIVITIES) },
      { note: 'Only a note' },
    ]) ?? {}),
  })

const remove: Act = async (scene, { ask }) => {
  const id = oneOf(scene, scene.entries) ?? 'tim_none'
  const answer = await ask('DELETE', `/time-entries/${id}`)
  if (answer.status === 204) scene.entries = scene.entries.filter((each) => each !== id)
  return answer
}

const timer: Act = async (scene, { ask }) => {
  const agent = oneOf(scene, scene.agents)
  const { body } = await ask('GET', '/timers', undefined, agent?.key)
  const [running] = body.data
  const path = `/tickets/${running?.ticketId ?? oneOf(scene, scene.tickets)}/timer`
  if (!running) return ask('POST', `${path}/start`, { activity: oneOf(scene, ACTIVITIES) }, agent?.key)
  const answer = await ask('POST', `${path}/stop`, undefined, agent?.key)
  if (answer.status === 200) scene.entries.push(answer.body.id)
  return answer
}

const reverse: Act = async (scene, { ask }) => {
  const answer = await ask(
    'POST',
    `/time-entries/${oneOf(scene, scene.entries.slice(0, -STRETCH)) ?? 'tim_none'}/reversal`,
    {},
  )
  if (answer.status === 201) scene.entries.push(answer.body.id)
  return answer
}

/** Somebody's week before this one is right: from now on it is corrected by reversals. */
const approve: Act = async (scene, { ask }) => {
  const agent = oneOf(scene, scene.agents)
  const { body } = await ask('GET', `/time-entries?personId=${agent?.id}&limit=100&sort=createdAt&state=open`)
  const week = body.data[0]?.week
  if (week === undefined) return { status: 404, body: { code: 'no_week' } }
  await ask('POST', `/timesheets/${agent?.id}/${week}/submit`, undefined, agent?.key)
  return ask('POST', `/timesheets/${agent?.id}/${week}/approve`)
}

const adjust: Act = async (scene, { ask }) => {
  const id = oneOf(scene, scene.kept)?.id ?? ''
  const amount = scene.random.integer(-4_000, 4_000) || 1
  const answer = await ask('POST', `/contracts/${id}/adjustments`, { amount, note: 'By hand' })
  if (answer.status === 200) scene.said.adjustments.push({ contractId: id, amount })
  return answer
}

const turn: Act = async (scene, desk) => {
  await desk.turn(oneOf(scene, scene.kept)?.id ?? '')
  return { status: 200, body: null }
}

const times = (act: Act, count: number): Act[] => Array.from({ length: count }, () => act)
export const acts: readonly Act[] = [
  ...times(log, 28),
  ...times(change, 22),
  ...times(remove, 12),
  ...times(timer, 22),
  ...times(reverse, 8),
  ...times(approve, 2),
  ...times(adjust, 4),
  ...times(turn, 2),
]
