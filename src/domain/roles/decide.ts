import { type Rights, type Role as ShippedRole, roles as shippedKeys } from '../../kernel/actor.ts'
import { type Fault, invalidInput, type Problem } from '../../kernel/problems.ts'
import type { Role, RoleKind, RolePermissions } from './schema.ts'

/** Commands that a role for clients can name: the others are none of a client's business. */
const clientPermissions = ['openTicket', 'postReply', 'changeTicket']

/** Commands that a role for staff can name: acts on tickets and one's own time. Each refuses tickets that are not seen. */
const staffPermissions = [
  ...clientPermissions,
  'postNote',
  'assignTicket',
  'claimTicket',
  'releaseTicket',
  'takeNextTicket',
  'snoozeTicket',
  'unsnoozeTicket',
  'deleteTicket',
  'restoreTicket',
  'markAsSpam',
  'unmarkAsSpam',
  'addFollower',
  'removeFollower',
  'releaseMessage',
  'linkTickets',
  'unlinkTickets',
  'setParent',
  'mergeTicket',
  'undoMerge',
  'splitTicket',
  'applyMacro',
  'sendMail',
  'tellPhase',
  'changeTickets',
  'startBulkChange',
  'cancelJob',
  'startTimer',
  'pauseTimer',
  'stopTimer',
  'measureAttention',
  'logTime',
  'changeTimeEntry',
  'removeTimeEntry',
  'submitTimesheet',
]

const clientChangeable = [
  'subject',
  'status',
  'priority',
  'category',
  'project',
  'dueAt',
  'estimatedResolutionAt',
  'fields',
]
const staffChangeable = [...clientChangeable, 'type', 'requesterId', 'tags']

/** What roles of each kind can be given. */
export const grantable: Record<RoleKind, RolePermissions> = {
  client: { kind: 'client', permissions: clientPermissions, changeable: clientChangeable },
  staff: { kind: 'staff', permissions: staffPermissions, changeable: staffChangeable },
}

const NAMES: Record<ShippedRole, string> = {
  admin: 'Admin',
  agent: 'Agent',
  light_agent: 'Light agent',
  requester: 'Requester',
}

/** The roles that every desk has; policies say what they may. */
export const shippedRoles: readonly Role[] = shippedKeys.map((key) => ({
  key,
  name: NAMES[key],
  kind: key === 'requester' ? 'client' : 'staff',
  ticketAccess: key === 'requester' ? 'own' : 'all',
  organizationTickets: false,
  permissions: null,
  changeable: null,
  isShipped: true,
  version: 1,
}))

export const shippedRole = (key: string): ShippedRole | undefined => shippedKeys.find((name) => name === key)

/** A role of the desk's own acts as one of these. */
export const actsAs = (kind: RoleKind): ShippedRole => (kind === 'client' ? 'requester' : 'agent')

/** What somebody may whose role is gone. */
export const NO_RIGHTS: Rights = { ticketAccess: 'own', permissions: [], changeable: [] }

type Given = Pick<Role, 'kind' | 'ticketAccess' | 'organizationTickets'> & Rights

/** Names that roles of this kind cannot be given, and what goes with the other kind only. */
export function refuseGiven({ kind, ticketAccess, organizationTickets, ...rights }: Given): Problem | undefined {
  const errors: Fault[] = (['permissions', 'changeable'] as const).flatMap((part) =>
    rights[part].flatMap((name, n) =>
      grantable[kind][part].includes(name)
        ? []
        : [{ pointer: `/${part}/${n}`, code: 'not_allowed', detail: `${name} cannot be given to a role for ${kind}` }],
    ),
  )
  if (kind === 'client' && ticketAccess !== 'own')
    errors.push({ pointer: '/ticketAccess', code: 'not_allowed', detail: 'goes with roles for staff only' })
  if (kind === 'staff' && organizationTickets)
    errors.push({ pointer: '/organizationTickets', code: 'not_allowed', detail: 'goes with roles for clients only' })
  return errors.length ? invalidInput(errors) : undefined
}
