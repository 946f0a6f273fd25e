/** The roles that are shipped. A role of the desk's own acts as one of them, and may less or more than that. */
export const roles = ['admin', 'agent', 'light_agent', 'requester'] as const
export type Role = (typeof roles)[number]

/** Which tickets somebody who works here sees: all, those of their teams and their own, or their own. */
export const ticketAccesses = ['all', 'teams', 'own'] as const
export type TicketAccess = (typeof ticketAccesses)[number]

/** What a role of the desk's own allows; what it does not name it does not allow. */
export interface Rights {
  ticketAccess: TicketAccess
  /** Names of commands. */
  permissions: readonly string[]
  /** The fields of a ticket that it may change. */
  changeable: readonly string[]
}

/** By which way somebody acts; it belongs to the session, no input carries it. */
export const channels = ['api', 'email', 'portal', 'rule', 'import'] as const
export type Channel = (typeof channels)[number]

/** Somebody with a record: by API key, by token, or by mail. */
export interface PersonActor {
  kind: 'person'
  id: string
  /** The key of their role. */
  role: string
  /** The shipped role that theirs is, or acts as. */
  actsAs: Role
  /** Null for shipped roles: policies say what they may. */
  rights: Rights | null
  /** Their teams, where their role sees tickets by team. */
  teamIds: readonly string[]
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
  'contracts',
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
export const isStaff = (actor: Actor): boolean => actor.kind !== 'person' || actor.actsAs !== 'requester'

/** May answer customers and change tickets. */
export const isAgent = (actor: Actor): boolean =>
  actor.kind !== 'person' || actor.actsAs === 'admin' || actor.actsAs === 'agent'

export const sharedOrganizationOf = (actor: Actor): string | null =>
  actor.kind === 'person' ? actor.sharedOrganizationId : null

export const isAdmin = (actor: Actor): boolean =>
  actor.kind === 'system' || (actor.kind === 'person' && actor.actsAs === 'admin')

const rightsOf = (actor: Actor): Rights | null => (actor.kind === 'person' ? actor.rights : null)

/** Whether the actor's role lets them run a command at all; policies say more. Shipped roles are bound by policies alone. */
export function permits(actor: Actor, { name, isPersonal = false }: { name: string; isPersonal?: boolean }): boolean {
  const rights = rightsOf(actor)
  return rights === null || isPersonal || rights.permissions.includes(name)
}

/** Whether the actor's role lets them change a field of a ticket; shipped roles are bound by policies alone. */
export const mayChange = (actor: Actor, field: string): boolean => rightsOf(actor)?.changeable.includes(field) ?? true

/** Whether their role is one of the desk's own. */
export const hasOwnRole = (actor: Actor): boolean => rightsOf(actor) !== null

export const teamsOf = (actor: Actor): readonly string[] => (actor.kind === 'person' ? actor.teamIds : [])

/** How far somebody sees: all tickets, those of a role that narrows them, or as a client does. */
export type Reach = 'all' | 'limited' | 'client'

export function reachOf(actor: Actor): Reach {
  if (!isStaff(actor)) return 'client'
  return (rightsOf(actor)?.ticketAccess ?? 'all') === 'all' ? 'all' : 'limited'
}
