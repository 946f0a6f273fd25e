import { isDeepStrictEqual } from 'node:util'
import { weekdays } from '../../src/domain/calendars/schema.ts'
import { afterEntry } from '../../src/domain/sla/decide.ts'
import { type Entry, entryOf, type Standing } from '../../src/domain/sla/moves.ts'
import type { SlaDefinition, SlaTarget } from '../../src/domain/sla/schema.ts'
import { stepsTo } from '../../src/domain/sla/steps.ts'
import { MINUTE_MS } from './sla-model.ts'

const STEPS = 24
const REVISIONS = 4
const BEGIN = Date.parse('2025-01-01T00:00:00Z')

/** Chance by a seed of its own for each log; `size` from 0 to below it. */
type Chance = <T>(all: readonly T[]) => T

const someDefinition = (pick: Chance): SlaDefinition => {
  const target = (priority: string | null): SlaTarget => ({
    priority,
    firstReplySeconds: pick([null, 600, 3_600, 36_000]),
    nextReplySeconds: pick([null, 600, 6_000]),
    resolutionSeconds: pick([null, 600, 7_200, 72_000]),
  })
  const hours = Object.fromEntries(
    weekdays.map((day) => [day, pick([[], [{ from: '02:00', to: '10:00' }], [{ from: '09:00', to: '24:00' }]])]),
  ) as NonNullable<SlaDefinition['calendar']>['hours'] // fromEntries forgets the keys
  const calendar = { key: 'some', version: 1, timeZone: pick(['UTC', 'Asia/Kathmandu']), hours, holidays: [] }
  return {
    targets: [target(null), target('urgent')],
    pausedIn: pick([[], ['waiting'], ['waiting']]),
    warningPercent: pick([null, 10, 90]),
    calendar: pick([null, calendar]),
  }
}

const STATUSES = [
  { status: 'open', statusCategory: 'open' },
  { status: 'waiting', statusCategory: 'waiting_on_other' },
  { status: 'solved', statusCategory: 'solved' },
] as const

function happening(pick: Chance, at: string, { status, statusCategory, isGone }: Standing): Entry[] {
  const bound = entryOf(at, 'bound', {
    policyKey: 'some',
    policyVersion: pick([1, 2, 3, 4]),
    priority: pick(['urgent', 'low']),
  })
  const move = entryOf(at, 'moved', { ...pick(STATUSES), isGone })
  const gone = entryOf(at, 'moved', { status, statusCategory, isGone: !isGone })
  const free = entryOf(at, 'bound')
  const first = pick([
    move,
    move,
    move,
    gone,
    bound,
    bound,
    free,
    entryOf(at, 'staffReply'),
    entryOf(at, 'customerMessage'),
  ])
  return first.what === 'bound' || pick([true, false]) ? [first] : [first, bound]
}

/**
 * Random logs of one ticket each, without a desk: what comes step by step is what a fold of the whole log gives, and no entry is before the
 * one in front of it, whatever several changes of one moment make of a clock in between.
 */
export function logFaults(logs: number, random: { integer(min: number, max: number): number }): string[] {
  const pick: Chance = (all) => all[random.integer(0, all.length - 1)] as (typeof all)[number] // of a list that holds something
  const faults: string[] = []
  for (let n = 0; n < logs && !faults.length; n++) {
    const revisions = Array.from({ length: REVISIONS }, () => someDefinition(pick))
    const revisionOf = ({ policyVersion }: { policyVersion: number | null }) => revisions[(policyVersion ?? 0) - 1]
    const log: Entry[] = []
    let standing: Standing | undefined
    let at = BEGIN
    for (let step = 0; step <= STEPS; step++) {
      const now = new Date(at).toISOString()
      const opened = entryOf(now, 'opened', { ...STATUSES[0], isGone: false, isReplied: false, awaitsReply: true })
      const happened = standing ? happening(pick, now, standing) : [opened]
      const steps = stepsTo(standing, { at: now, happened }, revisionOf)
      standing = steps.standing
      log.push(...steps.entries)
      at += Math.floor((random.integer(0, 30) * random.integer(0, 30)) / 2) * MINUTE_MS
    }
    const folded = log.reduce<Standing | undefined>((before, entry) => afterEntry(before, entry, revisionOf), undefined)
    const moments = log.map((entry) => entry.at)
    if (!isDeepStrictEqual(moments, moments.toSorted())) faults.push(`goes back: ${JSON.stringify({ log, revisions })}`)
    if (!isDeepStrictEqual(standing, folded))
      faults.push(`is another when folded: ${JSON.stringify({ log, revisions })}`)
  }
  return faults
}
