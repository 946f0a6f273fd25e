import { type Static, Type } from 'typebox'
import { channels } from '../../kernel/actor.ts'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'

export const Event = Closed(
  {
    id: Id(),
    sequence: Nullable(Type.Integer({ description: 'Its place in the feed; null until it is numbered' })),
    type: Type.String(),
    at: Timestamp,
    actor: Closed({ kind: Type.Enum(['person', 'rule', 'system']), id: Type.String(), apiKeyId: Nullable(Id()) }),
    channel: Type.Enum([...channels]),
    ticketId: Nullable(Id()),
    object: Closed({ type: Type.String(), id: Type.String(), version: Nullable(Type.Integer()) }),
    changes: Type.Record(Type.String(), Closed({ from: Type.Unknown(), to: Type.Unknown() })),
    data: Type.Record(Type.String(), Type.Unknown()),
    cause: Nullable(
      Closed({
        eventId: Nullable(Id()),
        command: Type.String(),
        ruleKey: Nullable(Type.String()),
        runId: Nullable(Id()),
      }),
    ),
  },
  { $id: 'Event' },
)
export type Event = Static<typeof Event>

export const EventsInput = Closed({
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'Events with a greater sequence' })),
  types: Type.Optional(
    Type.Array(Type.String({ pattern: '^[a-zA-Z]+\\.[a-zA-Z_]+$', maxLength: 60 }), { minItems: 1, maxItems: 50 }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
})
