import type { Instant } from '../../kernel/clock.ts'
import { dateIn, lastDayOf, type Periodic, periodAt, turnAfter } from './periods.ts'
import type { Contract, ContractBalance, Explanation, LedgerKind, Term } from './schema.ts'

/** How a contract stands: all that a row of its ledger changes. */
export interface Standing {
  balance: number
  granted: number
  reached: number[]
  periodOn: string | null
  turnsAt: Instant | null
  endedAt: Instant | null
}
export type Standable = Periodic &
  Standing &
  Pick<Contract, 'allowance' | 'carryOverMax' | 'overage' | 'overageLimit' | 'thresholds'>

/** A row of the ledger to be. */
export interface Posting {
  kind: LedgerKind
  amount: number
  /** After it. */
  balance: number
  periodOn: string | null
}

/** Periods that one transaction goes through: more than thirty years of months. What is further behind follows in the next. */
const TURNS_MAX = 400

/**
 * How a contract stands at a moment, and the rows by which it came there: each period that has begun is granted, each that is over lapses
 * but for what is carried over, one after another. It never goes back, whatever the clock of whoever asks says.
 */
export function turned(contract: Standable, now: Instant): { standing: Standing; postings: Posting[] } {
  const { balance, granted, reached, periodOn, turnsAt, endedAt } = contract
  let standing: Standing = { balance, granted, reached, periodOn, turnsAt, endedAt }
  const postings: Posting[] = []
  for (let turns = 0; turns < TURNS_MAX && standing.turnsAt !== null && standing.turnsAt <= now; turns++) {
    const turn = turnedOnce(contract, standing, standing.turnsAt)
    standing = turn.standing
    postings.push(...turn.postings)
  }
  return { standing, postings }
}

function turnedOnce(contract: Standable, before: Standing, at: Instant): { standing: Standing; postings: Posting[] } {
  const { allowance, carryOverMax, endsOn, timeZone } = contract
  const on = dateIn(timeZone, at)
  const ends = endsOn !== null && on > endsOn
  const kept = ends ? 0 : (carryOverMax ?? Number.MAX_SAFE_INTEGER)
  const lapsed = before.periodOn === null ? 0 : Math.max(before.balance - kept, 0)
  const rest = before.balance - lapsed
  const expiry: Posting[] = lapsed
    ? [{ kind: 'expiry', amount: -lapsed, balance: rest, periodOn: before.periodOn }]
    : []
  const granted = before.granted - lapsed
  if (ends) return { standing: { ...before, balance: rest, granted, turnsAt: null, endedAt: at }, postings: expiry }
  const periodOn = periodAt(contract, on)
  const balance = rest + allowance
  return {
    standing: {
      balance,
      granted: balance,
      reached: [],
      periodOn,
      turnsAt: turnAfter(contract, periodOn),
      endedAt: null,
    },
    postings: [...expiry, { kind: 'grant', amount: allowance, balance, periodOn }],
  }
}

/** What may be drawn at most; no number is small enough where any overage is allowed. */
export function availableOf({
  balance,
  overage,
  overageLimit,
}: Pick<Standable, 'balance' | 'overage' | 'overageLimit'>) {
  if (overage === 'allow' && overageLimit === null) return null
  return Math.max(balance + (overage === 'allow' ? (overageLimit ?? 0) : 0), 0)
}

/** The thresholds that have just been passed: so many percent of what the period began with are used. */
export const passed = ({ thresholds, reached, granted, balance }: Standing & Pick<Standable, 'thresholds'>): number[] =>
  thresholds
    .filter((percent) => !reached.includes(percent) && (granted - balance) * 100 >= granted * percent)
    .sort((a, b) => a - b)

type Covering = Periodic & Pick<Standing, 'endedAt'>

/** Whether a contract covers work that was done at one moment and is told at another: it runs on both days, by the clocks of its zone. */
export function covers({ timeZone, startsOn, endsOn, endedAt }: Covering, workedAt: Instant, now: Instant): boolean {
  if (endedAt !== null) return false
  const days = [dateIn(timeZone, workedAt), dateIn(timeZone, now)]
  return days.every((day) => startsOn <= day && (endsOn === null || day <= endsOn))
}

type Charging = Pick<Contract, 'unit' | 'drawdown' | 'pointsPerHour' | 'unitsPerTicket' | 'roundToSeconds'>

const PERCENT = 100
const HOUR_SECONDS = 3_600

/**
 * What an entry comes to, and why. In this order: at least the minimum of the term, rounded up, times the factor, and for points the points
 * of an hour; rounded up once more, at the end, to a whole second or hundredth of a point.
 */
export function chargeOf(contract: Charging, billableSeconds: number, term: Term | undefined, position: number | null) {
  const { factorPercent = PERCENT, minimumSeconds = 0 } = term ?? {}
  const about = { term: position, factorPercent, uncovered: 0 }
  if (contract.drawdown === 'ticket') {
    const units = dividedUp((contract.unitsPerTicket ?? 0) * factorPercent, PERCENT)
    return { ...about, billableSeconds: null, countedSeconds: null, units, uncoveredSeconds: null }
  }
  const countedSeconds =
    dividedUp(Math.max(billableSeconds, minimumSeconds), contract.roundToSeconds) * contract.roundToSeconds
  const units =
    contract.unit === 'hours'
      ? dividedUp(countedSeconds * factorPercent, PERCENT)
      : dividedUp(countedSeconds * factorPercent * (contract.pointsPerHour ?? 0), PERCENT * HOUR_SECONDS)
  return { ...about, billableSeconds, countedSeconds, units, uncoveredSeconds: 0 }
}

/** Of whole numbers below 2^53, without a fraction on the way. */
const dividedUp = (whole: number, by: number): number => (whole - (whole % by)) / by + (whole % by > 0 ? 1 : 0)

/** A charge of which only so much is drawn, and what that leaves uncovered. */
export function fallingShort(charge: Explanation, drawn: number): Explanation {
  const { units, billableSeconds } = charge
  if (drawn >= units) return charge
  const uncoveredSeconds =
    billableSeconds === null
      ? null
      : billableSeconds - Number((BigInt(billableSeconds) * BigInt(drawn)) / BigInt(units))
  return { ...charge, uncovered: units - drawn, uncoveredSeconds }
}

/** How a contract stands at a moment, as it is read. */
export function balanceOf(contract: Standable & Pick<Contract, 'id' | 'unit'>, now: Instant): ContractBalance {
  const { standing } = turned(contract, now)
  const { balance, granted, periodOn, endedAt } = standing
  return {
    contractId: contract.id,
    unit: contract.unit,
    balance,
    available: endedAt === null ? availableOf({ ...contract, balance }) : 0,
    granted,
    drawn: granted - balance,
    periodStartsOn: periodOn,
    periodEndsOn: periodOn === null ? null : lastDayOf(contract, periodOn),
    endedAt,
  }
}
