import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

const strategies = ['round_robin', 'least_loaded', 'sticky'] as const
export const Strategy = Type.Enum([...strategies], {
  description:
    'Chooses a person who can take it, of the team that is given or of all: whose turn it is, who has least to do, or who had the last ticket of this requester',
})
export type Strategy = Static<typeof Strategy>

const Capacity = Nullable(
  Type.Integer({
    minimum: 0,
    maximum: 100_000,
    description: 'Unresolved tickets past which no strategy gives more; null: no limit',
  }),
)
const Weight = Type.Integer({ minimum: 1, maximum: 100, description: 'A share: 2 is given twice as much as 1' })

export const Workload = Closed(
  {
    personId: Id(),
    capacity: Capacity,
    weight: Weight,
    unresolved: Type.Integer({ description: 'Tickets that they have and that are neither solved nor closed' }),
    absentUntil: Nullable(Timestamp),
    version: Type.Integer(),
  },
  { $id: 'Workload', description: 'How much somebody is given by strategies' },
)
export type Workload = Static<typeof Workload>

export const WorkloadAct = Closed({ personId: Id() })
export const SetWorkload = Closed({
  personId: Id(),
  expectedVersion: ExpectedVersion,
  capacity: Type.Optional(Capacity),
  weight: Type.Optional(Weight),
})

export const Absence = Closed(
  {
    id: Id(),
    personId: Id(),
    startsAt: Timestamp,
    endsAt: Timestamp,
    substituteId: Nullable(Id('Who is given what would have been theirs')),
    note: Nullable(Type.String()),
    createdAt: Timestamp,
  },
  { $id: 'Absence', description: 'When somebody is away, and who stands in' },
)
export type Absence = Static<typeof Absence>

/** A person has at most so many, past ones included. */
export const ABSENCES_MAX = 100

export const AddAbsence = Closed({
  personId: Id(),
  startsAt: Timestamp,
  endsAt: Timestamp,
  substituteId: Type.Optional(Nullable(Id('A person of the support team'))),
  note: Type.Optional(Nullable(Line(500))),
})
export const AbsenceAct = Closed({ personId: Id(), absenceId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'workload.changed': { personId: string }
    'absence.added': { personId: string; startsAt: string; endsAt: string; substituteId: string | null }
    'absence.removed': { personId: string }
  }
}
