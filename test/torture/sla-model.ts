import { wall } from './calendars.ts'

// SLA clocks as one would keep them with a pencil: a walk from minute to minute, and nothing of the program's.

export const MINUTE_MS = 60_000

/** A policy as the model reads it: what it says at a time. */
export interface Said {
  key: string
  position: number
  enabled: boolean
  /** The tag that a ticket must have; null: any ticket. */
  tag: string | null
  calendar: Hours | null
  /** In minutes; by priority, `*` for all others. */
  targets: Record<string, Partial<Record<Metric, number>>>
  pausedIn: string[]
  warningPercent: number | null
}

export interface Hours {
  timeZone: string
  /** By weekday: from and to, in minutes of the day. */
  week: Record<string, [number, number][]>
  holidays: string[]
}

const metrics = ['firstReply', 'nextReply', 'resolution'] as const
type Metric = (typeof metrics)[number]

interface Clock {
  start: number
  /** Each minute since the start: whether it counted. */
  counted: boolean[]
  elapsed: number
  target: number | null
  met: number | null
  warned: number | null
  breached: number | null
}

export interface ModelTicket {
  id: string
  /** In which minute it is. */
  at: number
  status: string
  tags: string[]
  priority: string
  isGone: boolean
  isReplied: boolean
  /** Whether its requester was the last who did anything. */
  isAwaited: boolean
  bound: Said | null
  clocks: Partial<Record<Metric, Clock>>
  /** Warnings and breaches so far, of clocks that ended, too. */
  told: number
  /** Of what was gone once, not all is told. */
  wasGone: boolean
}

const walls = new Map<string, ReturnType<typeof wall>>()
const seen = new WeakMap<Hours, Map<number, boolean>>()

/** Whether a minute is worked: by the clock on the wall. */
function isWorked(hours: Hours | null, minute: number): boolean {
  if (!hours) return true
  const known = seen.get(hours) ?? new Map<number, boolean>()
  seen.set(hours, known)
  const before = known.get(minute)
  if (before !== undefined) return before
  const look = walls.get(hours.timeZone) ?? wall(hours.timeZone)
  walls.set(hours.timeZone, look)
  const { date, weekday, clock } = look(minute * MINUTE_MS)
  const now = Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
  const isWorking =
    !hours.holidays.includes(date) && (hours.week[weekday] ?? []).some(([from, to]) => from <= now && now < to)
  known.set(minute, isWorking)
  return isWorking
}

const isSolved = ({ status }: ModelTicket): boolean => status === 'solved' || status === 'closed'

export const isLiving = (ticket: ModelTicket): boolean => !ticket.isGone && !isSolved(ticket)

const runs = (ticket: ModelTicket): boolean =>
  isLiving(ticket) && ticket.bound !== null && !ticket.bound.pausedIn.includes(ticket.status)

/** What is due in this very minute is told, a warning before a breach. */
function tellDue(ticket: ModelTicket): void {
  if (!runs(ticket)) return
  const percent = ticket.bound?.warningPercent ?? null
  for (const clock of Object.values(ticket.clocks)) {
    if (clock.met !== null || clock.target === null || clock.breached !== null) continue
    if (clock.elapsed >= clock.target) {
      clock.breached = ticket.at
      ticket.told++
    } else if (clock.warned === null && percent !== null && clock.elapsed * 100 >= clock.target * percent) {
      clock.warned = ticket.at
      ticket.told++
    }
  }
}

/** Time passes, minute by minute. */
export function walk(ticket: ModelTicket, to: number): void {
  for (; ticket.at < to; ) {
    const counts = runs(ticket) && isWorked(ticket.bound?.calendar ?? null, ticket.at)
    for (const clock of Object.values(ticket.clocks)) {
      const counted = counts && clock.met === null
      clock.counted.push(counted)
      if (counted) clock.elapsed++
    }
    ticket.at++
    tellDue(ticket)
  }
}

const begun = (at: number): Clock => ({
  start: at,
  counted: [],
  elapsed: 0,
  target: null,
  met: null,
  warned: null,
  breached: null,
})

/** By which policy a ticket goes now; what is met keeps what was promised. The first policy takes it up as it stands. */
export function bind(ticket: ModelTicket, policies: readonly Said[]): void {
  if (ticket.isGone) return
  const [bound = null] = policies
    .filter(({ enabled, tag }) => enabled && (tag === null || ticket.tags.includes(tag)))
    .sort((a, b) => a.position - b.position)
  if (!ticket.clocks.resolution) {
    if (!bound || !isLiving(ticket)) return
    const first = ticket.isReplied ? (ticket.isAwaited ? 'nextReply' : undefined) : 'firstReply'
    ticket.clocks = { ...(first ? { [first]: begun(ticket.at) } : {}), resolution: begun(ticket.at) }
  }
  ticket.bound = bound
  for (const metric of metrics) {
    const clock = ticket.clocks[metric]
    if (!clock || clock.met !== null) continue
    const { targets = {} } = ticket.bound ?? {}
    clock.target = (targets[ticket.priority] ?? targets['*'])?.[metric] ?? null
  }
  tellDue(ticket)
}

type Given = Pick<ModelTicket, 'id' | 'at' | 'tags' | 'priority' | 'status'>

/** Nothing is promised yet. */
export const opened = (given: Given): ModelTicket => ({
  ...given,
  clocks: {},
  isGone: false,
  isReplied: false,
  isAwaited: true,
  bound: null,
  told: 0,
  wasGone: false,
})

export function customerWrote(ticket: ModelTicket): void {
  const { nextReply, resolution } = ticket.clocks
  ticket.isAwaited = true
  if (resolution && ticket.isReplied && (!nextReply || nextReply.met !== null))
    ticket.clocks.nextReply = begun(ticket.at)
}

export function staffWrote(ticket: ModelTicket): void {
  ticket.isReplied = true
  ticket.isAwaited = false
  for (const clock of [ticket.clocks.firstReply, ticket.clocks.nextReply])
    if (clock && clock.met === null) clock.met = ticket.at
}

export function movedTo(ticket: ModelTicket, status: string): void {
  const was = isSolved(ticket)
  ticket.status = status
  const { resolution } = ticket.clocks
  if (!resolution || was === isSolved(ticket)) return
  resolution.met = isSolved(ticket) ? ticket.at : null
}

/** When a clock is due, where it runs and that is within so many minutes. */
export function dueIn(ticket: ModelTicket, { elapsed, target }: Clock, within: number): number | undefined {
  if (target === null) return
  for (let [minute, sum] = [ticket.at, elapsed]; minute < ticket.at + within; minute++) {
    if (isWorked(ticket.bound?.calendar ?? null, minute)) sum++
    if (sum >= target) return minute + 1
  }
}
