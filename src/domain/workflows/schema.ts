import { type Static, Type } from 'typebox'
import type { Condition } from '../../kernel/condition/language.ts'
import { Closed, ExpectedVersion, Key, Nullable, Timestamp } from '../../kernel/schema.ts'
import { TicketRef } from '../tickets/schema.ts'
import { StatusCategory } from '../types/schema.ts'

const STATUSES_MAX = 100
const TRANSITIONS_MAX = 500
const FIELDS_MAX = 20

/** Who may change a status at all. */
export const moverRoles = ['admin', 'agent'] as const
const MoverRole = Type.Enum([...moverRoles])

const RequiredMessage = Type.Enum(['none', 'public', 'internal'], {
  description: 'Said in the same request, or by somebody who works here since the ticket came to its present status',
})
const RequiredTime = Type.Boolean({
  description: 'Somebody has logged time on it since the ticket came to its present status',
})
// its members are those of conditions: a serializer prints only members that it knows, or all
const Guard = Type.Unsafe<Condition | null>({
  type: ['object', 'null'],
  additionalProperties: true,
  description: 'A condition on the ticket as it is left, its requester, organization and who acts',
})
const FieldName = Type.String({
  minLength: 1,
  maxLength: 70,
  description: 'A field that can be empty, or fields.<key>',
})
const Keys = Type.Array(Key(), { minItems: 1, maxItems: STATUSES_MAX, uniqueItems: true })

const Requirements = Closed(
  { fields: Type.Array(Type.String()), message: RequiredMessage, time: RequiredTime },
  { $id: 'TransitionRequirements', description: 'What the ticket must have before it moves' },
)
export const Transition = Closed(
  {
    from: Nullable(Type.Array(Key(), { description: 'null: any' })),
    to: Key(),
    roles: Type.Array(MoverRole, { description: 'Who may; empty: everybody who may change a status' }),
    requires: Type.Unsafe<Static<typeof Requirements>>(Type.Ref('TransitionRequirements')),
    guard: Guard,
  },
  { $id: 'Transition', description: 'A way from one status to another' },
)
export type Transition = Static<typeof Transition>

export const StatusMapping = Closed(
  { from: Nullable(Key('null: every other one')), to: Key() },
  { $id: 'StatusMapping', description: 'Which status a ticket of another type has here' },
)
export type StatusMapping = Static<typeof StatusMapping>

export const Workflow = Closed(
  {
    type: Key(),
    statuses: Type.Array(Key(), { description: 'In their order' }),
    transitions: Type.Array(Type.Unsafe<Transition>(Type.Ref('Transition')), { description: 'None: any to any' }),
    statusMapping: Type.Array(Type.Unsafe<StatusMapping>(Type.Ref('StatusMapping'))),
    version: Type.Integer({ description: '0 where none was saved: every status of the desk, any to any' }),
    updatedAt: Nullable(Timestamp),
  },
  { $id: 'Workflow', description: 'The statuses of a type, and the ways between them' },
)
export type Workflow = Static<typeof Workflow>

const TransitionInput = Closed({
  from: Type.Optional(Nullable(Keys)),
  to: Key(),
  roles: Type.Optional(Type.Array(MoverRole, { uniqueItems: true })),
  requires: Type.Optional(
    Closed({
      fields: Type.Optional(Type.Array(FieldName, { maxItems: FIELDS_MAX, uniqueItems: true })),
      message: Type.Optional(RequiredMessage),
      time: Type.Optional(RequiredTime),
    }),
  ),
  guard: Type.Optional(Guard),
})
export type TransitionInput = Static<typeof TransitionInput>

export const SetWorkflow = Closed({
  key: Key('The type'),
  expectedVersion: ExpectedVersion,
  statuses: Keys,
  transitions: Type.Optional(Type.Array(TransitionInput, { maxItems: TRANSITIONS_MAX })),
  statusMapping: Type.Optional(
    Type.Array(Closed({ from: Nullable(Key()), to: Key() }), { maxItems: STATUSES_MAX + 1 }),
  ),
})
export type SetWorkflow = Static<typeof SetWorkflow>

export const WorkflowAct = Closed({ key: Key() })
export const TransitionsOf = Closed({ ticketId: TicketRef })

const Missing = Closed(
  {
    kind: Type.Enum(['role', 'field', 'message', 'time', 'guard']),
    roles: Nullable(Type.Array(MoverRole)),
    field: Nullable(Type.String()),
    message: Nullable(Type.Enum(['public', 'internal'])),
  },
  { $id: 'MissingRequirement', description: 'Why a ticket cannot go there: the member named by kind says more' },
)
export type Missing = Static<typeof Missing>

/** A status that a ticket can go to, and whether the caller may bring it there now. */
export const TransitionOffer = Closed(
  {
    status: Key(),
    statusCategory: StatusCategory,
    allowed: Type.Boolean(),
    missing: Type.Array(Type.Unsafe<Missing>(Type.Ref('MissingRequirement'))),
  },
  { $id: 'TransitionOffer', description: 'A status that a ticket can go to, and what is missing' },
)
export type TransitionOffer = Static<typeof TransitionOffer>

/** By the names that they have in both APIs. */
export const workflowSchemas = {
  TransitionRequirements: Requirements,
  Transition,
  StatusMapping,
  Workflow,
  MissingRequirement: Missing,
  TransitionOffer,
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'workflow.changed': { type: string }
  }
}
