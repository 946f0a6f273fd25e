import { type Static, Type } from 'typebox'
import { ticketAccesses } from '../../kernel/actor.ts'
import { Closed, ExpectedVersion, Key, Line, Nullable } from '../../kernel/schema.ts'

const roleKinds = ['client', 'staff'] as const
export const RoleKind = Type.Enum([...roleKinds])
export type RoleKind = Static<typeof RoleKind>

const TicketAccess = Type.Enum([...ticketAccesses], {
  description: 'Which tickets: all, those of their teams and their own, or their own (assigned to or asked by them)',
})
const Names = Type.Array(Type.String({ pattern: '^[a-z][A-Za-z]{2,60}$' }), { maxItems: 100, uniqueItems: true })
const permissions = { description: 'Commands that it may run on tickets it sees; null: as shipped' }
const changeable = { description: 'Fields that changeTicket may set; null: as shipped' }

export const Role = Closed(
  {
    key: Key(),
    name: Type.String(),
    kind: RoleKind,
    ticketAccess: TicketAccess,
    organizationTickets: Type.Boolean({ description: 'Clients: sees the tickets of their organization' }),
    permissions: Nullable(Type.Array(Type.String(), permissions)),
    changeable: Nullable(Type.Array(Type.String(), changeable)),
    isShipped: Type.Boolean({ description: 'Fixed: it cannot be changed or removed' }),
    version: Type.Integer(),
  },
  { $id: 'Role' },
)
export type Role = Static<typeof Role>

/** What roles of a kind can be given. */
export const RolePermissions = Closed(
  { kind: RoleKind, permissions: Type.Array(Type.String()), changeable: Type.Array(Type.String()) },
  { $id: 'RolePermissions' },
)
export type RolePermissions = Static<typeof RolePermissions>

const given = {
  ticketAccess: Type.Optional(TicketAccess),
  organizationTickets: Type.Optional(Type.Boolean()),
  permissions: Type.Optional(Names),
  changeable: Type.Optional(Names),
}

export const AddRole = Closed({ key: Key(), name: Line(200), kind: RoleKind, ...given })
export const ChangeRole = Closed({
  key: Key(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Line(200)),
  ...given,
})
export const RoleAct = Closed({ key: Key() })
export const RemoveRole = Closed({
  key: Key(),
  replaceWith: Type.Optional(Key('The role that its people have from then on: one of the same kind')),
})

export const roleSchemas = { Role, RolePermissions }

declare module '../../kernel/events.ts' {
  interface EventData {
    'role.added': { key: string }
    'role.changed': Record<string, never>
    /** `people`: how many had it. */
    'role.removed': { key: string; replacedBy: string | null; people: number }
  }
}
