import { type Static, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const Organization = Closed(
  {
    id: Id(),
    name: Type.String(),
    domains: Type.Array(Type.String()),
    note: Nullable(Type.String({ description: 'For those who work here; nobody else reads it' })),
    sharesTickets: Type.Boolean({ description: 'Its people read the tickets of one another, and answer on them' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    version: Type.Integer(),
  },
  { $id: 'Organization' },
)
export type Organization = Static<typeof Organization>

/** An organization as rules ask for it. */
export type OrganizationFacts = Pick<Organization, 'id' | 'name' | 'domains'>

const Domains = Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
  maxItems: 50,
  uniqueItems: true,
  description: 'New people with an address of exactly such a domain join; IDN becomes punycode',
})
const Note = Nullable(Type.String({ maxLength: 10_000 }))

export const AddOrganization = Closed({
  name: Line(200),
  domains: Type.Optional(Domains),
  note: Type.Optional(Note),
  sharesTickets: Type.Optional(Type.Boolean()),
})

export const ChangeOrganization = Closed({
  organizationId: Id(),
  expectedVersion: ExpectedVersion,
  name: Type.Optional(Line(200)),
  domains: Type.Optional(Domains),
  note: Type.Optional(Note),
  sharesTickets: Type.Optional(Type.Boolean()),
})

export const OrganizationAct = Closed({ organizationId: Id() })

declare module '../../kernel/events.ts' {
  interface EventData {
    'organization.added': { domains: string[] }
    'organization.changed': Record<string, never>
    'organization.removed': Record<string, never>
  }
}
