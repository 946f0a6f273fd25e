import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Key, Line, Timestamp } from '../../kernel/schema.ts'
import { Rate } from '../time/schema.ts'

const described = {
  name: Line(200),
  position: Type.Integer({ minimum: 0, maximum: 32_000, description: 'Its place in lists; equal ones by key' }),
  billable: Type.Boolean({ description: 'Whether an entry of it is billed that does not say so itself' }),
  rate: Rate,
  enabled: Type.Boolean({ description: 'A disabled one takes no new time; entries that have it keep it' }),
}

export const Activity = Closed(
  { key: Key(), ...described, version: Type.Integer(), createdAt: Timestamp, updatedAt: Timestamp },
  { $id: 'Activity', description: 'What time is spent on' },
)
export type Activity = Static<typeof Activity>

const given = {
  position: Type.Optional(described.position),
  billable: Type.Optional(described.billable),
  rate: Type.Optional(described.rate),
  enabled: Type.Optional(described.enabled),
}
export const AddActivity = Closed({ key: Key('lower_snake, never changed'), name: described.name, ...given })
export const ChangeActivity = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(described.name),
  ...given,
})
export const ActivityAct = Closed({ key: Key() })

/** By the names that they have in both APIs. */
export const activitySchemas = { Activity }

declare module '../../kernel/events.ts' {
  interface EventData {
    'activity.added': { key: string }
    'activity.changed': { key: string }
    'activity.removed': { key: string }
  }
}
