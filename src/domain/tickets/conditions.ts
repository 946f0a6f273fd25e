import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { build } from '../../db/statement.ts'
import { channels, roles } from '../../kernel/actor.ts'
import type { Field, Fields, Op } from '../../kernel/condition/language.ts'
import { FIELDS } from '../fields/policy.ts'
import { organizations } from '../organizations/table.ts'
import { people } from '../people/table.ts'
import { slaMetrics } from '../sla/schema.ts'
import { statusCategories } from '../types/schema.ts'
import type { Vocabulary } from '../types/store.ts'
import { describedField } from './fields.ts'
import { agentsOnly } from './schema.ts'
import { tickets } from './table.ts'

type Members = Readonly<Record<string, unknown>>

/** What conditions of rules are asked of: the facts of an event, as they are kept with it, and the message that it is about. */
export interface TicketFacts {
  event: { type: string; channel: string; at: string }
  actor: { kind: string; id: string; role?: string }
  /** What is empty is left out. */
  ticket: Members
  /** Only what was otherwise before; null where there was no ticket. */
  before: Members | null
  requester: Members
  /** Null where there is none, and in facts from before there were any. */
  organization: Members | null
  message: Members | null
  /** Of a warning or a breach: which promise it is about. */
  sla?: Members
}

type TicketField = Field<TicketFacts>
type Described = Omit<TicketField, 'read' | 'changedFrom'>

const key = (column: PgColumn, options?: readonly string[]): Described => ({
  type: 'key',
  column,
  ...(options ? { options } : {}),
})
const closed = (column: PgColumn, options: readonly string[]): Described => ({ ...key(column, options), literal: true })
const instant = (column: PgColumn): Described => ({ type: 'instant', column })
const reference = (column: PgColumn, refersTo: NonNullable<TicketField['refersTo']>): Described => ({
  type: 'reference',
  column,
  refersTo,
})

const described = ({ types, statuses, priorities, categories, projects }: Vocabulary): Record<string, Described> => ({
  id: reference(tickets.id, 'ticket'),
  number: { type: 'integer', column: tickets.number },
  subject: { type: 'text', column: tickets.subject },
  type: key(tickets.type, [...types.keys()]),
  status: key(tickets.status, [...statuses.keys()]),
  statusCategory: closed(tickets.statusCategory, statusCategories),
  priority: { type: 'ordinal', column: tickets.priority, options: [...priorities.keys()] },
  category: key(tickets.category, [...categories.keys()]),
  project: key(tickets.project, [...projects.keys()]),
  requesterId: reference(tickets.requesterId, 'person'),
  organizationId: reference(tickets.organizationId, 'organization'),
  assigneeId: reference(tickets.assigneeId, 'person'),
  teamId: reference(tickets.teamId, 'team'),
  parentId: reference(tickets.parentId, 'ticket'),
  tags: { type: 'tags', column: tickets.tags },
  channel: closed(tickets.channel, channels),
  dueAt: instant(tickets.dueAt),
  estimatedResolutionAt: instant(tickets.estimatedResolutionAt),
  createdAt: instant(tickets.createdAt),
  updatedAt: instant(tickets.updatedAt),
  firstRepliedAt: instant(tickets.firstRepliedAt),
  solvedAt: instant(tickets.solvedAt),
  closedAt: instant(tickets.closedAt),
  lastMessageAt: instant(tickets.lastMessageAt),
  lastRequesterActivityAt: instant(tickets.lastRequesterActivityAt),
  lastAgentActivityAt: instant(tickets.lastAgentActivityAt),
  lastActivityBy: reference(tickets.lastActivityBy, 'person'),
  lastMessagePreview: { type: 'text', column: tickets.lastMessagePreview },
  needsReaction: { type: 'boolean', column: tickets.needsReaction },
  lastNoteAt: instant(tickets.lastNoteAt),
  spam: { type: 'boolean', column: tickets.spam },
  snoozedAt: instant(tickets.snoozedAt),
  snoozedUntil: instant(tickets.snoozedUntil),
  version: { type: 'integer', column: tickets.version },
})

const ofTicket = (name: string, about: Described): TicketField => ({
  ...about,
  read: ({ ticket }) => ticket[name],
  changedFrom: ({ before, ticket }) => {
    if (!before || !Object.hasOwn(before, name)) return
    const value = before[name] ?? null
    return same(value, ticket[name] ?? null) ? undefined : { value }
  },
})

/** The ticket as it was before the event; nothing where the event opened it. */
const ofBefore = (name: string, { column: _, literal: _l, ...about }: Described): TicketField => ({
  ...about,
  read: ({ before, ticket }) => before && (Object.hasOwn(before, name) ? before[name] : ticket[name]),
})

const memberOf = (members: Members | null, key: string): unknown => ((members?.fields ?? {}) as Members)[key] // ticketFacts wrote them

/** A custom field; where one of them changed, all of them are kept as they were before. */
const ofFields = (key: string, about: Described): TicketField => ({
  ...about,
  read: ({ ticket }) => memberOf(ticket, key),
  changedFrom: ({ before, ticket }) => {
    if (!before || !Object.hasOwn(before, 'fields')) return
    const value = memberOf(before, key) ?? null
    return same(value, memberOf(ticket, key) ?? null) ? undefined : { value }
  },
})

const ofFieldsBefore = (key: string, { column: _, literal: _l, ...about }: Described): TicketField => ({
  ...about,
  read: ({ before, ticket }) => before && memberOf(Object.hasOwn(before, 'fields') ? before : ticket, key),
})

/** A copy of a list is the same list. */
const same = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, n) => each === b[n]))

const ofRequester = (condition: SQL): SQL =>
  sql`${tickets.requesterId} in (${build
    .select({ id: sql`${people.id}` })
    .from(people)
    .where(condition)})`

const requesterFields: Record<string, TicketField> = Object.fromEntries(
  (
    [
      ['id', { type: 'reference', refersTo: 'person', column: people.id }],
      ['name', { type: 'text', column: people.name }],
      ['email', { type: 'text', column: people.email }],
      ['role', { type: 'key', options: roles, column: people.actsAs }],
      ['locale', { type: 'text', column: people.locale }],
      ['organizationId', { type: 'reference', refersTo: 'organization', column: people.organizationId }],
    ] satisfies [string, Described][]
  ).map(([name, about]): [string, TicketField] => [
    `requester.${name}`,
    { ...about, scope: ofRequester, read: ({ requester }) => requester[name] },
  ]),
)

/** The organization of the ticket. Where there is none, everything of it is absent. */
const ofOrganization = (condition: SQL, op: Op): SQL =>
  op === 'absent'
    ? sql`not exists (select 1 from ${organizations} where ${organizations.id} = ${tickets.organizationId} and not (${condition}))`
    : sql`${tickets.organizationId} in (${build
        .select({ id: sql`${organizations.id}` })
        .from(organizations)
        .where(condition)})`

const organizationFields: Record<string, TicketField> = Object.fromEntries(
  (
    [
      ['id', { type: 'reference', refersTo: 'organization', column: organizations.id }],
      ['name', { type: 'text', column: organizations.name }],
      ['domains', { type: 'tags', column: organizations.domains }],
    ] satisfies [string, Described][]
  ).map(([name, about]): [string, TicketField] => [
    `organization.${name}`,
    { ...about, scope: ofOrganization, read: ({ organization }) => organization?.[name] },
  ]),
)

const eventFields: Record<string, TicketField> = {
  'event.type': { type: 'key', read: ({ event }) => event.type },
  'event.channel': { type: 'key', options: channels, read: ({ event }) => event.channel },
  'event.at': { type: 'instant', read: ({ event }) => event.at },
  'actor.kind': { type: 'key', options: ['person', 'rule', 'system'], read: ({ actor }) => actor.kind },
  'actor.id': { type: 'reference', refersTo: 'person', read: ({ actor }) => actor.id },
  'actor.role': { type: 'key', options: roles, read: ({ actor }) => actor.role },
  'message.visibility': {
    type: 'key',
    options: ['public', 'internal'],
    read: ({ message }) => message?.visibility,
  },
  'message.channel': { type: 'key', options: channels, read: ({ message }) => message?.channel },
  'message.bodyText': { type: 'text', read: ({ message }) => message?.bodyText },
  'message.visibleText': { type: 'text', read: ({ message }) => message?.visibleText },
  'message.verified': { type: 'boolean', read: ({ message }) => message?.verified },
  'message.autorespond': { type: 'boolean', read: ({ message }) => message?.autorespond },
  'sla.metric': { type: 'key', options: slaMetrics, read: ({ sla }) => sla?.metric },
  'sla.policyKey': { type: 'key', read: ({ sla }) => sla?.policyKey },
}

const made = new WeakMap<Vocabulary, { staff: Fields<TicketFacts>; requesters: Fields<TicketFacts> }>()

/** The fields of conditions on tickets and their events, with the words of this desk. Made once for each state of the vocabulary. */
export const ticketFields = (words: Vocabulary): Fields<TicketFacts> => fieldsOf(words).staff

/** What a requester may ask of a list: nothing that they could not read. */
export const requesterFieldsOf = (words: Vocabulary): Fields<TicketFacts> => fieldsOf(words).requesters

function fieldsOf(words: Vocabulary) {
  const known = made.get(words)
  if (known) return known
  const about = Object.entries(described(words))
  const ofTickets = about.map(([name, each]): [string, TicketField] => [name, ofTicket(name, each)])
  const ofBefores = about.map(([name, each]): [string, TicketField] => [`before.${name}`, ofBefore(name, each)])
  const custom = [...words.fields.values()]
  const ofCustom = custom.map((field): [string, TicketField] => [
    FIELDS + field.key,
    ofFields(field.key, describedField(field)),
  ])
  const ofCustomBefore = custom.map((field): [string, TicketField] => [
    `before.${FIELDS}${field.key}`,
    ofFieldsBefore(field.key, describedField(field)),
  ])
  const publicKeys = custom.filter(({ visibility }) => visibility === 'requesters').map(({ key }) => FIELDS + key)
  const hidden: readonly string[] = agentsOnly
  // the pair that requesters read under these names
  const publics: Record<string, PgColumn> = { updatedAt: tickets.publicUpdatedAt, version: tickets.publicVersion }
  const forRequesters = ofTickets
    .filter(([name]) => !hidden.includes(name))
    .map(([name, field]): [string, TicketField] => {
      const column = publics[name]
      return [name, column ? { ...field, column } : field]
    })
  const fields = {
    staff: new Map([
      ...ofTickets,
      ...ofCustom,
      ...Object.entries(requesterFields),
      ...Object.entries(organizationFields),
      ...Object.entries(eventFields),
      ...ofBefores,
      ...ofCustomBefore,
    ]),
    requesters: new Map([...forRequesters, ...ofCustom.filter(([name]) => publicKeys.includes(name))]),
  }
  made.set(words, fields)
  return fields
}
