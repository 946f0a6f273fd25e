import { type Static, Type } from 'typebox'
import { ConditionInput } from '../../kernel/condition/schema.ts'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'
import { Action } from '../rules/schema.ts'
import { SearchTickets } from '../search/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

/** So many tickets at once; more is a job. */
const AT_ONCE_MAX = 100
export const JOB_TICKETS_MAX = 10_000
/** Tickets whose actions failed, of which a job tells. */
export const FAILURES_MAX = 100

const Actions = Type.Array(Action, {
  minItems: 1,
  maxItems: 10,
  description: 'Those of rules and macros, done to each ticket in order: all of them, or none',
})
const References = (maxItems: number) => Type.Array(TicketRef, { minItems: 1, maxItems, uniqueItems: true })

export const ChangeTickets = Closed({ ticketIds: References(AT_ONCE_MAX), actions: Actions })

export const BulkResult = Closed(
  {
    ticketId: Type.String({ description: 'As it was given' }),
    done: Type.Boolean({ description: 'All actions were done; else none was' }),
    code: Nullable(Type.String({ description: 'Of the problem' })),
    detail: Nullable(Type.String()),
  },
  { $id: 'BulkResult' },
)
export type BulkResult = Static<typeof BulkResult>

export const BulkChange = Closed(
  {
    results: Type.Array(Type.Unsafe<BulkResult>(Type.Ref('BulkResult')), {
      description: 'In the order of the tickets given',
    }),
  },
  { $id: 'BulkChange' },
)
export type BulkChange = Static<typeof BulkChange>

/** Which tickets: those named, or all that a search finds now. */
export const StartBulkChange = Closed({
  ticketIds: Type.Optional(References(JOB_TICKETS_MAX)),
  condition: Type.Optional(ConditionInput),
  query: SearchTickets.properties.query,
  actions: Actions,
})

const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
const Count = Type.Integer({ minimum: 0 })

export const Job = Closed(
  {
    id: Id(),
    kind: Type.Enum(['bulk_change', 'person_erasure']),
    state: Type.Enum([...jobStates]),
    progress: Closed({ total: Count, done: Count, failed: { ...Count, description: 'Of those done' } }),
    failures: Type.Array(Type.Unsafe<BulkResult>(Type.Ref('BulkResult')), {
      description: `The first ${FAILURES_MAX} tickets whose actions failed`,
    }),
    detail: Nullable(Type.String({ description: 'Why the job failed as a whole' })),
    createdById: Id(),
    createdAt: Timestamp,
    startedAt: Nullable(Timestamp),
    finishedAt: Nullable(Timestamp),
  },
  { $id: 'Job', description: 'Long work, and how far it is' },
)
export type Job = Static<typeof Job>

export const JobAct = Closed({ jobId: Id() })

export const bulkSchemas = { BulkResult, BulkChange, Job, JobProgress: Job.properties.progress }

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'ticket.bulk': { jobId: string; step: number }
  }
}
