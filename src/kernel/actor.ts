export const roles = ['admin', 'agent', 'light_agent', 'requester'] as const
export type Role = (typeof roles)[number]

/** By which way somebody acts; it belongs to the session, no input carries it. */
export const channels = ['api', 'email', 'portal', 'rule', 'import'] as const
export type Channel = (typeof channels)[number]

/** Somebody with a record: by API key, by token, or by mail. */
export interface PersonActor {
  kind: 'person'
  id: string
  role: Role
  name: string | null
  email: string
  supportTeam: boolean
  /** The organization whose tickets a requester reads beside their own: theirs, where it shares them. */
  sharedOrganizationId: string | null
  /** Set when an API key was used. */
  apiKeyId: string | null
  /** What the key may do: '*', '<group>:read', '<group>:write' or one command's name. */
  scopes: readonly string[]
  /** Set where they have logged in. */
  sessionId?: string
}

/** Whoever acts. A rule has an agent's rights on all tickets; the system is the desk itself (jobs, first start, mail). */
export type Actor = PersonActor | { kind: 'rule'; id: string } | { kind: 'system'; id: string }

export const SYSTEM: Actor = { kind: 'system', id: 'kontor' }

/** What the parts of the desk are called in scopes: `tickets:read`, `tickets:write`. */
export const groups = [
  'tickets',
  'time',
  'notifications',
  'rules',
  'templates',
  'people',
  'organizations',
  'teams',
  'mail',
  'vocabularies',
  'views',
  'access',
  'events',
] as const
export type Group = (typeof groups)[number]

/** Whether a credential's scopes allow an operation; people without a key are bound by their role alone. */
export function hasScope(actor: Actor, group: Group, act: 'read' | 'write', command?: string): boolean {
  if (actor.kind !== 'person') return true
  return actor.scopes.some((scope) => scope === '*' || scope === `${group}:${act}` || scope === command)
}

/** Requesters see what is public of their own; everybody else works here. */
export const isStaff = (actor: Actor): boolean => actor.kind !== 'person' || actor.role !== 'requester'

/** May answer customers and change tickets. */
export const isAgent = (actor: Actor): boolean =>
  actor.kind !== 'person' || actor.role === 'admin' || actor.role === 'agent'

export const sharedOrganizationOf = (actor: Actor): string | null =>
  actor.kind === 'person' ? actor.sharedOrganizationId : null

export const isAdmin = (actor: Actor): boolean =>
  actor.kind === 'system' || (actor.kind === 'person' && actor.role === 'admin')
