import { isDeepStrictEqual } from 'node:util'
import { migrate } from '../../src/db/migrate.ts'
import { openPglite } from '../../src/db/pglite.ts'
import { openPostgres } from '../../src/db/postgres.ts'
import { type Calendar, weekdays } from '../../src/domain/calendars/schema.ts'
import { postReply } from '../../src/domain/conversations/post-reply.ts'
import { actorOf } from '../../src/domain/people/decide.ts'
import { findPerson } from '../../src/domain/people/store.ts'
import { revisionsFor } from '../../src/domain/sla/active.ts'
import { afterEntry, markOf } from '../../src/domain/sla/decide.ts'
import { explainTicketSla } from '../../src/domain/sla/explain.ts'
import { followSlaPolicies } from '../../src/domain/sla/follow-sla-policies.ts'
import { keptOf, standingOf } from '../../src/domain/sla/kept.ts'
import type { Entry, Standing } from '../../src/domain/sla/moves.ts'
import type { ExplainedClock, SlaLogEntry } from '../../src/domain/sla/schema.ts'
import { slaClockWork } from '../../src/jobs/sla-clocks.ts'
import type { Session } from '../../src/kernel/desk.ts'
import { makeDesk, type TestDesk } from '../support/desk.ts'
import type { ServerDatabase } from '../support/process.ts'
import type { TortureResult } from './kill.ts'
import { type Random, randomFrom } from './random.ts'
import { logFaults } from './sla-log.ts'
import {
  bind,
  customerWrote,
  dueIn,
  type Hours,
  isLiving,
  MINUTE_MS,
  type ModelTicket,
  movedTo,
  opened,
  type Said,
  staffWrote,
  walk,
} from './sla-model.ts'

export interface SlaParts {
  runs: number
  seed: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

/** Tickets of one world share its time and its policies. */
const TICKETS = 25
const STEPS_A_TICKET = 12
/** Logs without a desk cost next to nothing. */
const LOGS_A_RUN = 20
/** A world begins so long ago, and ends before now. */
const LIFE_MINUTES = 4 * 24 * 60
const LOOK_MINUTES = 20 * 24 * 60
const ZONES = ['UTC', 'Europe/Vienna', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati']
const STATUSES = ['open', 'waiting_on_agent', 'waiting_on_customer', 'on_hold', 'solved', 'closed']
const PRIORITIES = ['low', 'normal', 'high', 'urgent']

interface World {
  desk: TestDesk
  random: Random
  /** In minutes since 1970. */
  now: number
  hours: Record<string, Hours>
  policies: Said[]
  tickets: ModelTicket[]
  requester: { id: string; desk: Session }
  steps: number
  faults: string[]
}

/**
 * Random lives of tickets under policies and calendars that change; after each the rows that were kept step by step must be what the log
 * alone says, and both what a walk from minute to minute finds, and each second has its figure. A run is one ticket.
 */
export async function slaRun({ runs, seed, database }: SlaParts): Promise<TortureResult> {
  const db = database ? openPostgres(database.url, () => {}) : await openPglite()
  await migrate(db)
  const clock = { now: 0 }
  const desk = await makeDesk({ db, url: database?.url, clock: () => new Date(clock.now * MINUTE_MS) })
  try {
    await desk.withoutRules()
    return await slaWorlds(desk, { runs, seed, clock })
  } finally {
    await desk.app.close()
    await db.close()
    await database?.drop()
  }
}

/** The same on a desk that is there, whose clock stands in `clock.now`, in minutes. */
export async function slaWorlds(
  desk: TestDesk,
  { runs, seed, clock }: { runs: number; seed: number; clock: { now: number } },
): Promise<TortureResult> {
  const random = randomFrom(seed)
  const logs = runs * LOGS_A_RUN
  const violations = logFaults(logs, random).map((fault) => `--seed ${seed}, a log ${fault}`)
  let [made, steps, told] = [0, 0, 0]
  clock.now = thisMinute() - LIFE_MINUTES
  const requester = await aRequester(desk)
  const world: Omit<World, 'tickets' | 'steps' | 'faults'> = {
    desk,
    random,
    requester,
    policies: [],
    hours: {},
    get now() {
      return clock.now
    },
    set now(minute) {
      clock.now = minute
    },
  }
  for (const key of ['one', 'two']) world.hours[key] = await addCalendar(world, key)
  while (made < runs && violations.length < 20) {
    clock.now = thisMinute() - LIFE_MINUTES
    const lived: World = Object.create(world, { ...describe({ tickets: [], steps: 0, faults: [] }) })
    await live(lived, Math.min(TICKETS, runs - made))
    made += lived.tickets.length
    steps += lived.steps
    told += lived.tickets.reduce((sum, ticket) => sum + ticket.told, 0)
    violations.push(...lived.faults.map((fault) => `--seed ${seed}, ticket ${made}: ${fault}`))
    await forget(lived)
  }
  return { figures: `${logs} logs, ${made} tickets, ${steps} steps, ${told} warnings and breaches`, violations }
}

const describe = (members: object): PropertyDescriptorMap =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value, writable: true }]))
const thisMinute = (): number => Math.floor(Date.now() / MINUTE_MS)

/** Without a token: one lives for minutes of a clock that leaps by hours. */
async function aRequester({ app, db, person }: TestDesk): Promise<World['requester']> {
  const { id } = await person('requester')
  const found = await findPerson(db, id)
  if (!found) throw new Error('nobody was made')
  return { id, desk: app.desk.as(actorOf(found), { channel: 'api' }) }
}

async function live(world: World, count: number): Promise<void> {
  const { random, desk } = world
  const end = world.now + LIFE_MINUTES - 120
  const steps = count * STEPS_A_TICKET
  while (world.policies.length < 3) await addPolicy(world)
  for (let n = 0; n < steps; n++) {
    world.now = Math.min(
      end,
      world.now + (random.next() < 0.4 ? 0 : random.size(1, Math.max(2, (2 * LIFE_MINUTES) / steps))),
    )
    world.steps++
    if (world.tickets.length < count && (n % 2 === 0 || !world.tickets.length)) await open(world)
    else if (random.next() < 0.08) await reorganise(world)
    else if (random.next() < 0.05) await look(world)
    else await act(world, pick(random, world.tickets))
  }
  while (world.tickets.length < count) await open(world)
  for (const ticket of world.tickets) await check(world, ticket)
  // by the database's clock: what is due by now is told, and told once
  let minute: number
  do {
    minute = thisMinute()
    await Promise.all([1, 2, 3].map(() => slaClockWork.round(desk.system, (error) => world.faults.push(String(error)))))
  } while (minute !== thisMinute())
  world.now = minute
  for (const ticket of world.tickets) {
    walk(ticket, minute)
    await check(world, ticket)
    await checkTold(world, ticket)
  }
}

const pick = <T>(random: Random, all: readonly T[]): T => {
  const found = all[random.integer(0, all.length - 1)]
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}

async function ask(world: World, method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) {
  const answer = await world.desk.call(method, `/v1${path}`, body ? { body } : {})
  if (answer.status >= 300) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${answer.text}`)
  return answer.body
}

// --- policies and calendars ---

function someHours(random: Random): Hours {
  const week = Object.fromEntries(
    weekdays.map((day): [string, [number, number][]] => {
      const from = random.integer(0, 20) * 60
      const to = Math.min(1_440, from + random.integer(1, 12) * 60)
      return [day, random.next() < 0.2 ? [] : [[from, to]]]
    }),
  )
  if (weekdays.every((day) => !week[day]?.length)) week.monday = [[480, 960]]
  return { timeZone: pick(random, ZONES), week, holidays: [] }
}

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

const calendarBody = ({ timeZone, week, holidays }: Hours) => ({
  timeZone,
  hours: Object.fromEntries(
    weekdays.map((day) => [day, (week[day] ?? []).map(([from, to]) => ({ from: clockText(from), to: clockText(to) }))]),
  ) as Calendar['hours'],
  holidays: holidays.map((on) => ({ on, name: null })),
})

async function addCalendar(world: Omit<World, 'tickets' | 'steps' | 'faults'>, key: string): Promise<Hours> {
  const hours = someHours(world.random)
  await ask(world as World, 'POST', '/calendars', { key, name: key, ...calendarBody(hours) })
  return hours
}

let made = 0

function someSaid({ random, hours }: World) {
  const target = () => {
    const metrics = ['firstReply', 'nextReply', 'resolution'].filter(() => random.next() < 0.75)
    return Object.fromEntries(
      (metrics.length ? metrics : ['resolution']).map((metric) => [metric, random.size(1, 200) * 10]),
    )
  }
  const priorities = PRIORITIES.filter(() => random.next() < 0.3)
  const calendar = pick(random, [null, null, ...Object.keys(hours)])
  return {
    calendar,
    position: random.integer(1, 9),
    tag: pick(random, [null, 'gold', 'slow']),
    enabled: random.next() < 0.85,
    pausedIn: STATUSES.slice(0, 4).filter(() => random.next() < 0.3),
    warningPercent: pick(random, [null, 10, 50, 80, 90]),
    targets: Object.fromEntries([...priorities, '*'].map((priority) => [priority, target()])),
  }
}

const policyBody = ({ calendar, tag, targets, ...rest }: ReturnType<typeof someSaid>) => ({
  ...rest,
  calendar,
  if: tag === null ? { all: [] } : { field: 'tags', op: 'contains', value: tag },
  targets: Object.entries(targets).map(([priority, minutes]) => ({
    priority: priority === '*' ? null : priority,
    ...Object.fromEntries(Object.entries(minutes).map(([metric, each]) => [`${metric}Seconds`, Number(each) * 60])),
  })),
})

const saidFrom = (world: World, key: string, { calendar, ...rest }: ReturnType<typeof someSaid>): Said => ({
  ...rest,
  key,
  calendar: calendar === null ? null : (world.hours[calendar] ?? null),
})

/** Of two at one position the one with the lesser key counts: positions differ here. */
async function addPolicy(world: World): Promise<void> {
  const key = `p${made++}`
  const given = { ...someSaid(world), position: world.policies.length + 10 * made }
  await ask(world, 'POST', '/sla-policies', { key, name: key, ...policyBody(given) })
  world.policies.push(saidFrom(world, key, given))
}

async function reorganise(world: World): Promise<void> {
  const { random, policies, hours } = world
  for (const ticket of world.tickets) walk(ticket, world.now)
  // what was promised before stays what it was
  policies.splice(0, policies.length, ...policies.map((policy) => ({ ...policy })))
  const chance = random.next()
  if (chance < 0.25) {
    const key = pick(random, Object.keys(hours))
    const before = hours[key]
    const now = someHours(random)
    if (random.next() < 0.5) now.holidays = [new Date(world.now * MINUTE_MS).toISOString().slice(0, 10)]
    hours[key] = now
    await ask(world, 'PATCH', `/calendars/${key}`, calendarBody(now))
    for (const policy of policies) if (policy.calendar === before) policy.calendar = now
  } else if (chance < 0.35 && policies.length > 1) {
    const [gone] = policies.splice(random.integer(0, policies.length - 1), 1)
    await ask(world, 'DELETE', `/sla-policies/${gone?.key}`)
  } else if (chance < 0.5 && policies.length < 5) await addPolicy(world)
  else {
    const policy = pick(random, policies)
    const given = { ...someSaid(world), position: policy.position }
    await ask(world, 'PATCH', `/sla-policies/${policy.key}`, policyBody(given))
    policies[policies.indexOf(policy)] = saidFrom(world, policy.key, given)
  }
  await look(world)
  for (const ticket of world.tickets.filter(isLiving)) bind(ticket, policies)
}

/** The jobs by which living tickets follow; they tell what is due, too. */
const look = ({ desk }: World) => desk.system.execute(followSlaPolicies, { after: null })

// --- tickets ---

async function open(world: World): Promise<void> {
  const { random, desk, requester } = world
  const tags = ['gold', 'slow'].filter(() => random.next() < 0.5)
  const given = { tags, priority: pick(random, PRIORITIES) }
  const { id, status } = await desk.openTicket({ ...given, requesterId: requester.id })
  const ticket = opened({ id, at: world.now, status, ...given })
  world.tickets.push(ticket)
  bind(ticket, world.policies)
}

async function act(world: World, ticket: ModelTicket): Promise<void> {
  const { random, requester } = world
  const path = `/tickets/${ticket.id}`
  walk(ticket, world.now)
  if (ticket.isGone) {
    await ask(world, 'POST', `${path}/restore`).catch(() => ask(world, 'DELETE', `${path}/spam`))
    ticket.isGone = false
    ticket.isAwaited = false
  } else {
    const kind = pick(random, [
      'reply',
      'reply',
      'ask',
      'ask',
      'note',
      'status',
      'status',
      'status',
      'priority',
      'tags',
      'spam',
      'delete',
    ])
    if (kind === 'reply') {
      await ask(world, 'POST', `${path}/replies`, { body: 'x' })
      staffWrote(ticket)
    } else if (kind === 'ask') {
      await requester.desk.execute(postReply, { ticketId: ticket.id, body: 'x' })
      customerWrote(ticket)
    } else if (kind === 'note') return void (await ask(world, 'POST', `${path}/notes`, { body: 'x' }))
    else if (kind === 'status' || kind === 'priority' || kind === 'tags') {
      const wanted = {
        status: pick(random, STATUSES),
        priority: pick(random, PRIORITIES),
        tags: ['gold', 'slow'].filter(() => random.next() < 0.5),
      }[kind]
      await ask(world, 'PATCH', path, { [kind]: wanted })
      // what is so already is no event
      if (String(wanted) === String(ticket[kind])) return
      ticket.isAwaited = false
      if (kind === 'status') movedTo(ticket, String(wanted))
      else Object.assign(ticket, { [kind]: wanted })
    } else {
      await (kind === 'spam' ? ask(world, 'POST', `${path}/spam`) : ask(world, 'DELETE', path))
      ticket.isGone = ticket.wasGone = true
      ticket.isAwaited = false
    }
  }
  bind(ticket, world.policies)
}

/** Their rows go, so that the next world has the desk for itself. */
async function forget({ desk, tickets }: World): Promise<void> {
  const ids = [tickets.map(({ id }) => id)]
  for (const table of ['sla_tickets', 'sla_clocks', 'sla_log'])
    await desk.db.query({ text: `delete from ${table} where ticket_id = any($1::text[])`, values: ids })
  await desk.db.query({ text: 'update tickets set deleted_at = now() where id = any($1::text[])', values: ids })
}

// --- what must hold ---

async function check(world: World, ticket: ModelTicket): Promise<void> {
  walk(ticket, world.now)
  const fault = (what: string) => world.faults.push(`${ticket.id} ${what}`)
  const { db, system } = world.desk
  const query: typeof db.query = (statement) => db.query(statement)
  const kept = (await keptOf(query, [ticket.id])).get(ticket.id)
  const { rows: log } = await db.query<SlaLogEntry & { ticketId: string }>({
    text: `select sequence, at, what, policy_key as "policyKey", policy_version as "policyVersion", priority, status, status_category as "statusCategory",
      is_gone as "isGone", is_replied as "isReplied", awaits_reply as "awaitsReply", metric from sla_log where ticket_id = $1 order by sequence`,
    values: [ticket.id],
  })
  const revisionOf = await revisionsFor(query, { policies: [] }, log)
  const entries: Entry[] = log.map(({ sequence: _, ...entry }) => entry)
  const folded = entries.reduce<Standing | undefined>(
    (before, entry) => afterEntry(before, entry, revisionOf),
    undefined,
  )
  const standing = kept && standingOf(kept)
  if (!isDeepStrictEqual(standing, folded))
    fault(`is kept as ${JSON.stringify(standing)}, the log says ${JSON.stringify(folded)}`)
  for (const row of Object.values(kept?.clocks ?? {})) {
    const clock = folded?.clocks[row.metric]
    const mark = clock && markOf(row.metric, clock)
    if (row.tryAt !== (mark?.at ?? null)) fault(`${row.metric} is tried at ${row.tryAt}, not ${mark?.at}`)
  }
  const { clocks } = await system.read(explainTicketSla, { ticketId: ticket.id })
  const expected = Object.entries(ticket.clocks).filter(([, clock]) => clock.target !== null)
  if (
    clocks
      .map(({ metric }) => metric)
      .sort()
      .join() !==
    expected
      .map(([metric]) => metric)
      .sort()
      .join()
  )
    fault(`has ${clocks.map(({ metric }) => metric)}, not ${expected.map(([metric]) => metric)}`)
  for (const clock of clocks)
    for (const wrong of differences(ticket, clock, world.now)) fault(`${clock.metric}: ${wrong}`)
}

const instant = (minute: number | null | undefined): string | null =>
  minute == null ? null : new Date(minute * MINUTE_MS).toISOString()

function differences(ticket: ModelTicket, clock: ExplainedClock, now: number): string[] {
  const model = ticket.clocks[clock.metric]
  if (!model) return ['is none']
  const wrong: string[] = []
  const same = (what: string, found: unknown, wanted: unknown) => {
    if (found !== wanted) wrong.push(`${what} ${found}, not ${wanted}`)
  }
  same('started', clock.startedAt, instant(model.start))
  same('target', clock.targetSeconds, (model.target ?? 0) * 60)
  same('elapsed', clock.elapsedSeconds, model.elapsed * 60)
  same('remaining', clock.remainingSeconds, ((model.target ?? 0) - model.elapsed) * 60)
  same('met', clock.metAt, instant(model.met))
  same('breached', clock.breachedAt, instant(model.breached))
  // what is due and not told yet is in no row: the walk has told it
  if (clock.warnedAt !== null) same('warned', clock.warnedAt, instant(model.warned))
  if (clock.state === 'running' && clock.remainingSeconds > 0) {
    const due = dueIn(ticket, model, LOOK_MINUTES)
    if (due !== undefined) same('due', clock.dueAt, instant(due))
    else if (clock.dueAt !== null && clock.dueAt <= (instant(now + LOOK_MINUTES) ?? ''))
      wrong.push(`due ${clock.dueAt}`)
  }
  return [...wrong, ...stretchFaults(clock, model, now)]
}

/** Each second once, and each as the walk found it. */
function stretchFaults(
  clock: ExplainedClock,
  model: { start: number; counted: boolean[]; met: number | null },
  now: number,
): string[] {
  const wrong: string[] = []
  const end = model.met ?? now
  let at = model.start
  for (const { from, to, counted, seconds, countedSeconds, why } of clock.stretches) {
    const [begins, ends] = [Date.parse(from) / MINUTE_MS, Date.parse(to) / MINUTE_MS]
    if (begins !== at || ends <= begins) wrong.push(`a stretch from ${from} to ${to} after ${instant(at)}`)
    if (seconds !== (ends - begins) * 60 || countedSeconds !== (counted ? seconds : 0))
      wrong.push(`${seconds} seconds from ${from} to ${to}`)
    if (counted !== (why === 'running')) wrong.push(`${why} counted: ${counted}`)
    for (let minute = begins; minute < ends; minute++)
      if (model.counted[minute - model.start] !== counted) {
        wrong.push(`${instant(minute)} ${why} counted: ${counted}`)
        break
      }
    at = ends
  }
  if (at !== end) wrong.push(`explained until ${instant(at)}, not ${instant(end)}`)
  return wrong
}

/** As many events as the walk has warnings and breaches. */
async function checkTold({ desk, faults }: World, ticket: ModelTicket): Promise<void> {
  if (ticket.wasGone) return
  const { rows } = await desk.db.query<{ count: number }>({
    text: "select count(*)::int as count from events where ticket_id = $1 and type in ('sla.warning', 'sla.breached')",
    values: [ticket.id],
  })
  if (rows[0]?.count !== ticket.told) faults.push(`${ticket.id} told ${rows[0]?.count}, not ${ticket.told}`)
}
