import type { Role } from '../../kernel/actor.ts'
import type { Status } from '../types/schema.ts'
import type { Vocabulary } from '../types/store.ts'
import { type Missing, moverRoles, type Transition, type Workflow } from './schema.ts'

type Ways = Pick<Workflow, 'statuses' | 'transitions'>

/** The statuses from which no closed one can be reached, whatever roles and guards would say. None: the workflow has no dead end. */
export function deadEnds({ statuses, transitions }: Ways, known: ReadonlyMap<string, Status>): string[] {
  const isClosed = (key: string) => known.get(key)?.category === 'closed'
  const ending = new Set(statuses.filter(isClosed))
  if (!transitions.length) return ending.size ? [] : [...statuses]
  // backwards from the closed ones: each turn finds at least one more, so there are no more turns than statuses
  for (let found = true; found; ) {
    const reaching = statuses.filter((key) => !ending.has(key) && leads(transitions, key, ending))
    for (const key of reaching) ending.add(key)
    found = reaching.length > 0
  }
  return statuses.filter((key) => !ending.has(key))
}

const leads = (transitions: readonly Transition[], from: string, ending: ReadonlySet<string>): boolean =>
  transitions.some((transition) => starts(transition, from) && ending.has(transition.to))

const starts = ({ from }: Transition, status: string): boolean => from === null || from.includes(status)

/** The workflow of a type as it stands; without a saved one every status of the desk, any to any. */
export function workflowOf(
  { workflows, statuses }: Pick<Vocabulary, 'workflows' | 'statuses'>,
  type: string,
): Workflow {
  const saved = workflows.get(type)
  if (saved) return saved
  return { type, statuses: [...statuses.keys()], transitions: [], statusMapping: [], version: 0, updatedAt: null }
}

/** A fault names so many; one is enough to begin with. */
const TOLD_MAX = 10

/** Dead ends of all types, told by type: for changes of statuses. */
export function typesWithDeadEnds(words: Pick<Vocabulary, 'types' | 'workflows' | 'statuses'>): string[] {
  const found = [...words.types.keys()].flatMap((type) => {
    const lost = deadEnds(workflowOf(words, type), words.statuses)
    return lost.length ? [`${type}: ${lost.slice(0, TOLD_MAX).join(', ')}`] : []
  })
  return found.slice(0, TOLD_MAX)
}

/** What is known of a ticket and of who would move it. */
export interface Circumstances {
  /** Undefined for rules and the desk itself: roles are not asked of them. */
  role: Role | undefined
  isPresent(field: string): boolean
  hasMessage(visibility: 'public' | 'internal'): boolean
  hasTime: boolean
  guardHolds(transition: Transition): boolean
}

/** The statuses that a ticket can go to from one, and what is missing for each; of several ways the one that lacks least. */
export function waysFrom({ statuses, transitions }: Ways, from: string, known: Circumstances): Map<string, Missing[]> {
  // nothing binds a ticket whose status is none of its workflow: it may enter anywhere
  const isFree = !transitions.length || !statuses.includes(from)
  const ways = isFree
    ? statuses.map((to) => ({ to, missing: missingRole(known.role, []) }))
    : transitions
        .filter((transition) => starts(transition, from))
        .map((transition) => ({ to: transition.to, missing: missingFor(transition, known) }))
  const best = new Map<string, Missing[]>()
  for (const { to, missing } of ways) {
    const other = best.get(to)
    if (to !== from && (!other || missing.length < other.length)) best.set(to, missing)
  }
  return best
}

function missingFor(transition: Transition, known: Circumstances): Missing[] {
  const { roles, requires, guard } = transition
  const { message, time } = requires
  return [
    ...missingRole(known.role, roles),
    ...requires.fields.filter((field) => !known.isPresent(field)).map((field) => lack({ kind: 'field', field })),
    ...(message === 'none' || known.hasMessage(message) ? [] : [lack({ kind: 'message', message })]),
    ...(!time || known.hasTime ? [] : [lack({ kind: 'time' })]),
    ...(guard === null || known.guardHolds(transition) ? [] : [lack({ kind: 'guard' })]),
  ]
}

/** Whoever may change no status at all lacks a role, too. */
function missingRole(role: Role | undefined, roles: Transition['roles']): Missing[] {
  const able: readonly Role[] = roles.length ? roles : moverRoles
  if (role === undefined || able.includes(role)) return []
  return [lack({ kind: 'role', roles: roles.length ? roles : [...moverRoles] })]
}

const lack = (what: Pick<Missing, 'kind'> & Partial<Missing>): Missing => ({
  roles: null,
  field: null,
  message: null,
  ...what,
})

/** What a refusal says of what is missing. */
export const lacking = (missing: readonly Missing[]): string =>
  missing
    .map(({ kind, roles, field, message }) => {
      if (kind === 'role') return `the role ${(roles ?? []).join(' or ')}`
      if (kind === 'field') return `a value of ${field}`
      if (kind === 'time') return 'time logged on it'
      return kind === 'message' ? `a ${message} message` : 'what its guard asks for'
    })
    .join(', ')

/** The status that a ticket of another type has in this workflow; undefined where nothing says it. */
export const mappedStatus = ({ statuses, statusMapping }: Workflow, present: string): string | undefined => {
  if (statuses.includes(present)) return present
  const mapping = statusMapping.find(({ from }) => from === present) ?? statusMapping.find(({ from }) => from === null)
  return mapping?.to
}
