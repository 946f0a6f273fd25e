import { type Static, Type } from 'typebox'
import type { Condition } from '../../kernel/condition/language.ts'
import { Closed, ExpectedVersion, Id, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

/** Hours are counted in whole seconds, points in hundredths of a point: every amount is one integer. */
export const contractUnits = ['hours', 'points'] as const
const Unit = Type.Enum([...contractUnits], { description: 'Amounts are seconds, or hundredths of a point' })

/** How often the allowance is granted: once, or from date to date, by the calendar. */
const Period = Type.Enum(['once', 'month', 'quarter', 'year'])

/** What draws: each entry by its time, or each ticket once, with its first billable entry. */
const Drawdown = Type.Enum(['entry', 'ticket'])
const Overage = Type.Enum(['allow', 'block'])

const AMOUNT_MAX = 100_000_000 // some 27,000 hours, or a million points
const SECONDS_MAX = 86_400
const TERMS_MAX = 20
const THRESHOLDS_MAX = 10
const amount = (description: string, minimum = 1) =>
  Type.Integer({ minimum, maximum: AMOUNT_MAX, description: `${description}; seconds, or hundredths of a point` })
const Day = (description: string) => Type.String({ pattern: '^(19|2\\d)\\d{2}-\\d{2}-\\d{2}$', description })

// its members are those of conditions: a serializer prints only members that it knows, or all
const If = Type.Unsafe<Condition>({
  type: 'object',
  additionalProperties: true,
  description: 'A condition on the ticket, its requester and organization, who acts, and entry.activity',
})
const Term = Closed({
  if: If,
  factorPercent: Type.Integer({ minimum: 0, maximum: 1_000, description: '150: one and a half times as much' }),
  minimumSeconds: Type.Integer({ minimum: 0, maximum: SECONDS_MAX, description: 'An entry counts at least so much' }),
})
export type Term = Static<typeof Term>
const TermInput = Closed({
  if: If,
  factorPercent: Type.Optional(Term.properties.factorPercent),
  minimumSeconds: Type.Optional(Term.properties.minimumSeconds),
})

const terms = {
  allowance: amount('What a period grants'),
  carryOverMax: Nullable(
    amount("What remains at a period's end is kept up to so much and expires otherwise; null: all is kept", 0),
  ),
  pointsPerHour: Nullable(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Hundredths of a point; of points by entry only' }),
  ),
  unitsPerTicket: Nullable(amount('What a ticket draws; of drawdown by ticket only')),
  roundToSeconds: Type.Integer({ minimum: 1, maximum: 3_600, description: 'An entry counts as a multiple of it' }),
  overage: Overage,
  overageLimit: Nullable(amount('How far below nothing the balance may go where overage is allowed; null: any far', 0)),
}
const Terms = Type.Array(Term, { maxItems: TERMS_MAX, description: 'The first whose condition holds counts' })
const Thresholds = Type.Array(Type.Integer({ minimum: 1, maximum: 1_000 }), {
  maxItems: THRESHOLDS_MAX,
  uniqueItems: true,
  description: 'Percent of what a period began with: once so much is used it is told, once a period',
})

export const Contract = Closed(
  {
    id: Id(),
    name: Type.String(),
    note: Nullable(Type.String({ description: 'For those who work here; nobody else reads it' })),
    requesterId: Nullable(Id('Whose tickets it covers')),
    organizationId: Nullable(Id('Or whose')),
    unit: Unit,
    period: Period,
    timeZone: Type.String(),
    startsOn: Type.String({ description: 'Its first day; periods begin on this day of a month, or on its last' }),
    endsOn: Nullable(Type.String({ description: 'Its last day' })),
    drawdown: Drawdown,
    ...terms,
    terms: Nullable(Terms),
    thresholds: Thresholds,
    balance: Type.Integer({ description: 'The sum of its ledger' }),
    endedAt: Nullable({ ...Timestamp, description: 'Since when it covers nothing any more' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Contract', description: 'Prepaid hours or points. Amounts are whole seconds, or hundredths of a point' },
)
export type Contract = Static<typeof Contract>

const name = Line(200)
const note = Type.Optional(Nullable(Type.String({ maxLength: 10_000 })))
const changeable = {
  endsOn: Type.Optional(Nullable(Day('Its last day'))),
  carryOverMax: Type.Optional(terms.carryOverMax),
  pointsPerHour: Type.Optional(terms.pointsPerHour),
  unitsPerTicket: Type.Optional(terms.unitsPerTicket),
  roundToSeconds: Type.Optional(terms.roundToSeconds),
  overage: Type.Optional(Overage),
  overageLimit: Type.Optional(terms.overageLimit),
  terms: Type.Optional(Type.Array(TermInput, { maxItems: TERMS_MAX })),
  thresholds: Type.Optional(Thresholds),
}
export const AddContract = Closed({
  name,
  note,
  requesterId: Type.Optional(Id('Whose tickets it covers; this or organizationId')),
  organizationId: Type.Optional(Id()),
  unit: Unit,
  period: Period,
  timeZone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA, as Europe/Vienna' }),
  startsOn: Day('Its first day; of a day that has passed the present period is the first'),
  drawdown: Type.Optional(Drawdown),
  allowance: terms.allowance,
  ...changeable,
})
export type AddContract = Static<typeof AddContract>

export const ChangeContract = Closed({
  contractId: Id(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(name),
  note,
  allowance: Type.Optional({ ...terms.allowance, description: 'From the next period on' }),
  ...changeable,
})
export const ContractAct = Closed({ contractId: Id() })

export const AdjustContract = Closed({
  contractId: Id(),
  amount: Type.Integer({ minimum: -AMOUNT_MAX, maximum: AMOUNT_MAX, description: 'Added to the balance; not 0' }),
  note: Line(1_000),
})

export const ContractBalance = Closed(
  {
    contractId: Id(),
    unit: Unit,
    balance: Type.Integer({ description: 'What remains; less than nothing where more was used' }),
    available: Nullable(Type.Integer({ description: 'What may still be drawn; null: as much as is needed' })),
    granted: Type.Integer({ description: 'What the period began with, and what was adjusted since' }),
    drawn: Type.Integer({ description: 'What was drawn in this period, less what was taken back' }),
    periodStartsOn: Nullable(Type.String({ description: 'Null before the first' })),
    periodEndsOn: Nullable(Type.String({ description: 'Its last day; null where there is none' })),
    endedAt: Nullable(Timestamp),
  },
  { $id: 'ContractBalance', description: 'How a contract stands now' },
)
export type ContractBalance = Static<typeof ContractBalance>

export const ledgerKinds = ['grant', 'drawdown', 'reversal', 'expiry', 'adjustment'] as const
const LedgerKind = Type.Enum([...ledgerKinds])
export type LedgerKind = Static<typeof LedgerKind>

/** How a drawdown came about. */
const Explanation = Closed({
  billableSeconds: Nullable(Type.Integer({ description: 'Of the entry; null where a ticket draws' })),
  countedSeconds: Nullable(Type.Integer({ description: 'At least the minimum, and rounded up' })),
  term: Nullable(Type.Integer({ description: 'Which of the terms held, from 0; null: none' })),
  factorPercent: Type.Integer(),
  units: Type.Integer({ description: 'What it came to' }),
  uncovered: Type.Integer({ description: 'How much of it the contract did not cover' }),
  uncoveredSeconds: Nullable(Type.Integer({ description: 'So much of the billable time was not covered' })),
})
export type Explanation = Static<typeof Explanation>

export const ContractPosting = Closed(
  {
    id: Id(),
    contractId: Id(),
    sequence: Type.Integer({ description: 'From 1, without gaps' }),
    kind: LedgerKind,
    amount: Type.Integer({ description: 'Less than nothing where it takes away' }),
    balance: Type.Integer({ description: 'After it' }),
    periodOn: Nullable(Type.String({ description: 'The first day of the period in which it was written' })),
    ticketId: Nullable(Id()),
    timeEntryId: Nullable(Id('Null where the ticket draws')),
    note: Nullable(Type.String()),
    explanation: Nullable(Explanation),
    at: Timestamp,
  },
  { $id: 'ContractPosting', description: 'A row of the ledger of a contract; it never changes' },
)
export type ContractPosting = Static<typeof ContractPosting>

export const contractSchemas = {
  Contract,
  ContractTerm: Term,
  ContractBalance,
  ContractPosting,
  ContractExplanation: Explanation,
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'contract.added': Record<string, never>
    'contract.changed': Record<string, never>
    'contract.ended': { balance: number }
    'contract.adjusted': { amount: number; balance: number }
    'contract.threshold_reached': { contractId: string; percent: number; balance: number }
  }
}
