/** A contract as it was asked for. */
export interface Kept {
  id: string
  unit: 'hours' | 'points'
  drawdown: 'entry' | 'ticket'
  period: 'month' | 'quarter'
  overage: 'allow' | 'block'
  overageLimit?: number
  allowance: number
  carryOverMax: number | null
  roundToSeconds?: number
  pointsPerHour?: number
  unitsPerTicket?: number
}

export const kinds = ['grant', 'drawdown', 'reversal', 'expiry', 'adjustment'] as const

interface Row {
  contractId: string
  sequence: number
  kind: (typeof kinds)[number]
  amount: number
  balance: number
  periodOn: string
  at: string
  ticketId: string | null
  timeEntryId: string | null
  explanation: { units: number; uncovered: number } | null
}

interface Entry {
  id: string
  ticketId: string
  billableSeconds: number
  activity: string | null
  source: string
  reversesId: string | null
}

/** What was found of a contract when all was done. */
export interface Books {
  kept: Kept
  balance: number
  now: number
  ledger: Row[]
}

/** What was acknowledged, and what went wrong on the way. */
export interface Said {
  adjustments: { contractId: string; amount: number }[]
  faults: string[]
}

/** What the books say, and what by the entries and by the calendar they should: in words of its own, without a line of the service's. */
export function violationsOf(books: readonly Books[], entries: readonly Entry[], said: Said): string[] {
  const reversed = new Set(entries.map(({ reversesId }) => reversesId))
  const counting = entries.filter(({ id, billableSeconds }) => billableSeconds > 0 && !reversed.has(id))
  // which contract covers a ticket is told by whatever it has drawn
  const all = books.flatMap((each) => each.ledger)
  return books
    .flatMap((each) => {
      const own = new Set(each.ledger.flatMap(({ ticketId }) => ticketId ?? []))
      const strange = all.filter(({ ticketId, contractId }) => own.has(ticketId ?? '') && contractId !== each.kept.id)
      return [
        ...bookFaults(each),
        ...entryFaults(
          each,
          counting.filter(({ ticketId }) => own.has(ticketId)),
        ),
        ...adjustmentFaults(each, said),
        ...strange.map(({ sequence }) => `row ${sequence} is of a ticket of another contract`),
      ].map((fault) => `${each.kept.unit} by ${each.kept.drawdown} a ${each.kept.period}: ${fault}`)
    })
    .concat(uncoveredFaults(books, counting))
}

/** Row for row, as somebody would who keeps the book by hand. */
function bookFaults({ kept, balance, ledger, now }: Books): string[] {
  const faults: string[] = []
  const floor = kept.overage === 'block' ? 0 : -(kept.overageLimit ?? Number.MAX_SAFE_INTEGER)
  const drawn = new Map<string, number>()
  const periods: string[] = []
  const months = kept.period === 'month' ? 1 : 3
  let sum = 0
  for (const [n, row] of ledger.entries()) {
    const wrong = (what: string) => faults.push(`row ${n + 1} (${row.kind} ${row.amount}, ${row.balance}) ${what}`)
    const of = row.timeEntryId ?? row.ticketId ?? ''
    const before = sum
    sum += row.amount
    if (row.sequence !== n + 1) wrong(`has the number ${row.sequence}`)
    if (row.balance !== sum) wrong(`should leave ${sum}`)
    if ((row.kind === 'drawdown' || row.kind === 'adjustment') && row.amount < 0 && sum < floor)
      wrong(`goes below ${floor}`)
    if (row.kind === 'drawdown') drawn.set(of, (drawn.get(of) ?? 0) - row.amount)
    if (row.kind === 'reversal') {
      if (drawn.get(of) !== row.amount) wrong(`takes back another sum than ${drawn.get(of)}`)
      drawn.set(of, 0)
    }
    const lapses = Math.max(before - (kept.carryOverMax ?? before), 0)
    const next = ledger[n + 1]
    if (row.kind === 'expiry' && (next?.kind !== 'grant' || -row.amount !== lapses)) wrong(`should be ${-lapses}`)
    if (row.kind === 'grant') {
      if (n > 0 && ledger[n - 1]?.kind !== 'expiry' && lapses > 0) wrong('follows on what should have expired')
      if (row.amount !== kept.allowance) wrong(`is not ${kept.allowance}`)
      periods.push(row.periodOn)
    } else if (row.kind !== 'expiry') {
      // a process whose clock is behind may draw from the period that another has begun, nobody from one that is over
      const begun = periodsUntil(months, Date.parse(row.at)).at(-1) ?? ''
      if (row.periodOn !== periods.at(-1) || row.periodOn < begun) wrong(`stands in ${row.periodOn}`)
    }
  }
  if (sum !== balance) faults.push(`the balance is ${balance}, its rows sum up to ${sum}`)
  const expected = periodsUntil(months, now)
  if (periods.join() !== expected.join()) faults.push(`was granted on ${periods.join()}, not on ${expected.join()}`)
  return faults
}

/** From the last of January on: the last of every month, or of every third. In Vienna a day is at least an hour old then. */
function periodsUntil(months: number, now: number): string[] {
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Vienna' }).format(now)
  const all: string[] = []
  for (let month = 1; ; month += months) {
    const last = new Date(Date.UTC(2027, month, 0)).toISOString().slice(0, 10)
    if (last > today) return all
    all.push(last)
  }
}

const upwards = (whole: number, by: number): number => Number((BigInt(whole) + BigInt(by) - 1n) / BigInt(by))

function chargeOf(kept: Kept, { billableSeconds, activity }: Entry): number {
  const round = kept.roundToSeconds ?? 1
  const counted = upwards(activity === 'night' ? Math.max(billableSeconds, 900) : billableSeconds, round) * round
  const percent = activity === 'night' ? 150 : activity === 'gift' ? 0 : 100
  return kept.unit === 'hours'
    ? upwards(counted * percent, 100)
    : upwards(counted * percent * (kept.pointsPerHour ?? 0), 360_000)
}

/** What each entry has drawn, or each ticket, against what it comes to. */
function entryFaults({ kept, ledger }: Books, counting: readonly Entry[]): string[] {
  const byTicket = kept.drawdown === 'ticket'
  const wanted = new Map<string, number>()
  for (const entry of counting)
    wanted.set(byTicket ? entry.ticketId : entry.id, byTicket ? (kept.unitsPerTicket ?? 0) : chargeOf(kept, entry))
  const drawn = new Map<string, number>()
  for (const { kind, amount, ticketId, timeEntryId, explanation } of ledger) {
    if (kind !== 'drawdown' && kind !== 'reversal') continue
    const of = (byTicket ? ticketId : timeEntryId) ?? ''
    // what was not covered counts as if it had been drawn: that it was not is seen apart
    drawn.set(of, kind === 'drawdown' ? (explanation?.uncovered ?? 0) - amount : 0)
  }
  return [...new Set([...wanted.keys(), ...drawn.keys()])].flatMap((of) => {
    const [should, is] = [wanted.get(of) ?? 0, drawn.get(of) ?? 0]
    // what fell short and was taken away left no row behind: there was nothing to take back
    const last = ledger.findLast((row) => (byTicket ? row.ticketId : row.timeEntryId) === of)
    const wasNothing = should === 0 && last?.kind === 'drawdown' && last.amount === 0
    return should === is || wasNothing ? [] : [`${of} has drawn ${is}, and comes to ${should}`]
  })
}

/** Only what a timer measured may fall short. */
function uncoveredFaults(books: readonly Books[], counting: readonly Entry[]): string[] {
  const sources = new Map(counting.map(({ id, source }) => [id, source]))
  return books.flatMap(({ ledger }) =>
    ledger.flatMap(({ explanation, timeEntryId, sequence }) =>
      explanation?.uncovered && (sources.get(timeEntryId ?? '') ?? 'timer') !== 'timer'
        ? [`row ${sequence}: what was said by hand is covered or refused`]
        : [],
    ),
  )
}

function adjustmentFaults({ kept, ledger }: Books, { adjustments }: Said): string[] {
  const ofRows = ledger.filter(({ kind }) => kind === 'adjustment').map(({ amount }) => amount)
  const acknowledged = adjustments.filter(({ contractId }) => contractId === kept.id).map(({ amount }) => amount)
  const [is, should] = [ofRows, acknowledged].map((amounts) => amounts.sort((a, b) => a - b).join())
  return is === should ? [] : [`was adjusted by ${is}, not by ${should}`]
}
