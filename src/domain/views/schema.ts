import { type Static, Type } from 'typebox'
import { ConditionInput } from '../../kernel/condition/schema.ts'
import { Closed, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const ViewOwner = Type.Enum(['shared', 'team', 'person'])
export type ViewOwner = Static<typeof ViewOwner>

const Sort = Type.String({
  pattern: '^-?[a-zA-Z]{1,40}(\\.[a-z0-9_]{1,63})?(,-?[a-zA-Z]{1,40}(\\.[a-z0-9_]{1,63})?){0,2}$',
  description: 'Up to three fields, with - for descending; up to two beside a group',
})

/** What tickets can be grouped by. */
const groupings = [
  'type',
  'status',
  'statusCategory',
  'priority',
  'channel',
  'requesterId',
  'assigneeId',
  'teamId',
] as const
const Grouping = Type.Enum([...groupings], { description: 'Tickets come group by group' })

const Columns = Type.Array(Type.String({ maxLength: 80 }), {
  maxItems: 40,
  uniqueItems: true,
  description: 'Fields of the ticket to show, in this order; empty leaves it to the front end',
})
const Position = Type.Integer({ minimum: 0, maximum: 1_000_000 })

const View = Closed(
  {
    key: Key(),
    name: Type.String(),
    owner: ViewOwner,
    ownerId: Nullable(Id('The person or team whose it is')),
    condition: ConditionInput,
    sort: Type.String(),
    group: Nullable(Type.String()),
    columns: Type.Array(Type.String()),
    position: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'View', description: 'A saved condition on tickets, with sort, group and columns' },
)

export const AddView = Closed({
  key: Key(),
  name: Line(200),
  owner: Type.Optional(Type.Enum(['shared', 'team', 'person'], { description: 'person where nothing is said' })),
  ownerId: Type.Optional(Id('The team of a team view')),
  condition: ConditionInput,
  sort: Type.Optional(Sort),
  group: Type.Optional(Nullable(Grouping)),
  columns: Type.Optional(Columns),
  position: Type.Optional(Position),
})
export type AddView = Static<typeof AddView>

export const ChangeView = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Line(200)),
  condition: Type.Optional(ConditionInput),
  sort: Type.Optional(Sort),
  group: Type.Optional(Nullable(Grouping)),
  columns: Type.Optional(Columns),
  position: Type.Optional(Position),
})

export const ViewAct = Closed({ key: Key() })

const ViewGroup = Closed(
  {
    value: Nullable(Type.String({ description: 'What the tickets of this group have in common; null: nothing' })),
    total: Type.Integer(),
  },
  { $id: 'ViewGroup' },
)

export const ViewCount = Closed(
  {
    total: Type.Integer(),
    totalIsCapped: Type.Boolean({ description: 'There are more; they were not counted' }),
    groups: Type.Array(ViewGroup, { description: 'In the order of the list; empty where the view has no group' }),
  },
  { $id: 'ViewCount' },
)
export type ViewCount = Static<typeof ViewCount>

export const viewSchemas = { View, ViewGroup, ViewCount }

declare module '../../kernel/events.ts' {
  interface EventData {
    'view.added': { key: string }
    'view.changed': Record<string, never>
    'view.removed': { key: string }
  }
}
