import { type Actor, isStaff } from '../../kernel/actor.ts'
import { isDate } from '../../kernel/instant.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { dateIn } from './periods.ts'
import type { Contract } from './schema.ts'

/** Contracts are for admins; requesters must not learn which there are. */
export const refuseContractWork = (actor: Actor) => refuseAdminWork(actor, 'contract_not_found')

/** What a requester reads of a contract of theirs: its terms and notes are for those who work here. */
export const contractFor = (actor: Actor, contract: Contract): Contract =>
  isStaff(actor) ? contract : { ...contract, note: null, terms: null }

type Given = Pick<
  Contract,
  | 'period'
  | 'carryOverMax'
  | 'unit'
  | 'drawdown'
  | 'pointsPerHour'
  | 'unitsPerTicket'
  | 'roundToSeconds'
  | 'overage'
  | 'overageLimit'
  | 'terms'
>

/** Members that go with others only: what would do nothing is refused, and what is needed is asked for. */
export function contractFaults(contract: Given): Fault[] {
  const {
    period,
    carryOverMax,
    unit,
    drawdown,
    pointsPerHour,
    unitsPerTicket,
    roundToSeconds,
    overage,
    overageLimit,
    terms,
  } = contract
  const byTicket = drawdown === 'ticket'
  const fault = (name: string, wrong: boolean, detail: string): Fault[] =>
    wrong ? [{ pointer: `/${name}`, code: 'not_allowed', detail }] : []
  const missing = (name: string, wrong: boolean, detail: string): Fault[] =>
    wrong ? [{ pointer: `/${name}`, code: 'missing', detail }] : []
  const takesPoints = unit === 'points' && !byTicket
  return [
    ...missing('pointsPerHour', takesPoints && pointsPerHour === null, 'is needed where entries draw points'),
    ...fault('pointsPerHour', !takesPoints && pointsPerHour !== null, 'goes with points that entries draw'),
    ...missing('unitsPerTicket', byTicket && unitsPerTicket === null, 'is needed where tickets draw'),
    ...fault('unitsPerTicket', !byTicket && unitsPerTicket !== null, 'goes with drawdown by ticket'),
    ...fault('roundToSeconds', byTicket && roundToSeconds !== 1, 'goes with drawdown by entry'),
    ...fault('carryOverMax', period === 'once' && carryOverMax !== 0, 'goes with periods that follow one another'),
    ...fault('overageLimit', overage === 'block' && overageLimit !== null, 'goes with overage that is allowed'),
    ...(terms ?? []).flatMap(({ minimumSeconds }, n) =>
      fault(`terms/${n}/minimumSeconds`, byTicket && minimumSeconds > 0, 'goes with drawdown by entry'),
    ),
  ]
}

/** A last day is one that is still to come, and not before the first. */
export function endFaults(
  { timeZone, startsOn }: Pick<Contract, 'timeZone' | 'startsOn'>,
  endsOn: string | null,
  now: string,
): Fault[] {
  if (endsOn === null) return []
  if (!isDate(endsOn)) return [{ pointer: '/endsOn', code: 'date', detail: 'is no day of the calendar' }]
  if (endsOn >= startsOn && endsOn >= dateIn(timeZone, now)) return []
  return [{ pointer: '/endsOn', code: 'range', detail: 'has passed, or comes before the first day' }]
}

/** Work that a contract does not cover, and that its policy blocks. */
export const exhausted = ({ id, unit }: Pick<Contract, 'id' | 'unit'>, remaining: number, needed?: number): Problem =>
  new Problem('contract_exhausted', {
    detail: `${remaining} ${unit === 'hours' ? 'seconds' : 'hundredths of a point'} remain`,
    contractId: id,
    unit,
    remaining,
    ...(needed === undefined ? {} : { needed }),
  })
