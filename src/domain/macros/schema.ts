import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { Action } from '../rules/schema.ts'
import { TicketRef } from '../tickets/schema.ts'

const ACTIONS_MAX = 20
const content = {
  name: Line(200),
  folder: Nullable(Line(200)),
  template: Nullable(Key('Sent as a public reply, before the actions')),
  actions: Type.Array(Action, { maxItems: ACTIONS_MAX, description: 'Those of rules' }),
}

export const Macro = Closed(
  {
    key: Key(),
    ...content,
    useCount: Type.Integer({ minimum: 0 }),
    version: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'Macro', description: 'A template and actions that an agent applies to a ticket in one step' },
)
export type Macro = Static<typeof Macro>

const optional = {
  folder: Type.Optional(content.folder),
  template: Type.Optional(content.template),
}
export const AddMacro = Closed({
  key: Key('lower_snake, never changed'),
  name: content.name,
  actions: content.actions,
  ...optional,
})
export const ChangeMacro = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(content.name),
  actions: Type.Optional(content.actions),
  ...optional,
})
export const MacroAct = Closed({ key: Key() })
export const ApplyMacro = Closed({ key: Key(), ticketId: TicketRef })

export const MacroApplied = Closed(
  {
    key: Key(),
    ticketId: Id(),
    done: Type.Array(Type.String({ description: 'The commands that were run, in order' })),
  },
  { $id: 'MacroApplied' },
)
export type MacroApplied = Static<typeof MacroApplied>

declare module '../../kernel/events.ts' {
  interface EventData {
    'macro.added': { key: string }
    'macro.changed': { key: string }
    'macro.removed': { key: string }
  }
}
