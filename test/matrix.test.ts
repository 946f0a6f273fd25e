import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, getNamedType, isObjectType } from 'graphql'
import t from 'tap'
import { type Answer, startDesk } from './support/desk.ts'
import { fill, readsByPost, rightRequests } from './support/requests.ts'

// Who may do what to whose: every operation of the contract, by REST and by GraphQL, for every role and every relation to a ticket. What is
// expected stands in the tables below and nowhere in the program; an operation that has no line there fails.

const desk = await startDesk(t)
const { app, call, db, openTicket, person } = desk
const { right } = await rightRequests(desk)
await desk.withoutRules()

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
interface Operation {
  operationId: string
  responses: Record<string, unknown>
}
const contract = app.http.swagger() as unknown as { paths: Record<string, Record<string, Operation>> } // as printed
const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase() as Method,
    path,
    name: operation.operationId,
    ok: Number(Object.keys(operation.responses).find((status) => status.startsWith('2'))),
  })),
)
const schema = buildSchema(readFileSync(join(import.meta.dirname, '../schema.graphql'), 'utf8'))

// --- the actors ---

const ownRolePermissions = [
  'openTicket',
  'changeTicket',
  'assignTicket',
  'claimTicket',
  'postReply',
  'postNote',
  'addFollower',
  'linkTickets',
  'setParent',
  'mergeTicket',
  'snoozeTicket',
  'logTime',
]
for (const ticketAccess of ['all', 'teams', 'own'])
  await call('POST', '/v1/roles', {
    body: {
      key: `staff_${ticketAccess}`,
      name: 'x',
      kind: 'staff',
      ticketAccess,
      permissions: ownRolePermissions,
      changeable: ['priority'],
    },
  })
const fullUserRole = { permissions: ['openTicket', 'postReply', 'changeTicket'], changeable: ['priority'] }
for (const role of [{ key: 'full_user', organizationTickets: true, ...fullUserRole }, { key: 'no_access' }])
  await call('POST', '/v1/roles', { body: { name: 'x', kind: 'client', ...role } })

const actorNames = [
  'anonymous',
  'admin',
  'agent',
  'light_agent',
  'staff_all',
  'staff_teams',
  'staff_own',
  'requester',
  'full_user',
  'no_access',
] as const
type ActorName = (typeof actorNames)[number]
const actors = new Map<ActorName, { id: string; key: string }>([['anonymous', { id: '', key: '' }]])
for (const name of actorNames.slice(1)) actors.set(name, await person(name))
const actor = (name: ActorName) => actors.get(name) ?? { id: '', key: '' }
const stranger = await person('requester')
const follower = await person('requester')
const colleague = await person('requester')
const acme = (await call('POST', '/v1/organizations', { body: { name: 'Matrix' } })).body.id
for (const { id } of [actor('requester'), actor('full_user'), actor('no_access'), colleague])
  await call('PATCH', `/v1/people/${id}`, { body: { organizationId: acme } })
const memberIds = [actor('agent').id, actor('light_agent').id, actor('staff_teams').id, actor('staff_own').id]
const ourTeam = (await call('POST', '/v1/teams', { body: { name: 'Ours', memberIds } })).body.id
const theirTeam = (await call('POST', '/v1/teams', { body: { name: 'Theirs' } })).body.id
await new Promise((resolve) => setTimeout(resolve, 1_100)) // so long an answer about a credential is trusted

const another = (await openTicket()).id
await call('PATCH', `/v1/people/${actor('admin').id}`, { body: { supportTeam: true } })

const isClient = (name: ActorName) => name === 'requester' || name === 'full_user' || name === 'no_access'
const isOwnRole = (name: ActorName) => name.startsWith('staff_') || name === 'full_user' || name === 'no_access'

// --- what each may ---

const relations = ['own', 'team', 'organization', 'foreign', 'absent'] as const
type Relation = (typeof relations)[number]

/** Which tickets a role sees. */
const sees: Record<ActorName, readonly Relation[]> = {
  anonymous: [],
  admin: ['own', 'team', 'organization', 'foreign'],
  agent: ['own', 'team', 'organization', 'foreign'],
  light_agent: ['own', 'team', 'organization', 'foreign'],
  staff_all: ['own', 'team', 'organization', 'foreign'],
  staff_teams: ['own', 'team'],
  staff_own: ['own'],
  requester: ['own'],
  full_user: ['own', 'organization'],
  no_access: ['own'],
}

/** Reads of a ticket: for everybody who sees it, or for those who work here. */
const ticketReads: Record<string, 'all' | 'staff'> = {
  ticket: 'all',
  conversations: 'all',
  messages: 'all',
  children: 'all',
  timeline: 'all',
  readState: 'all',
  transitions: 'all',
  followers: 'staff',
  links: 'staff',
  ticketTimeEntries: 'staff',
  ticketTime: 'staff',
  ruleRuns: 'staff',
  ruleTimers: 'staff',
  explainRule: 'staff',
  ticketSla: 'staff',
  explainTicketSla: 'staff',
}

type Given = Record<string, unknown>
interface TicketWrite {
  /** Who may beside admins and agents; roles of the desk's own name what they may. */
  also?: 'light_agent' | 'requester' | 'everybody'
  body?: (ticketId: string, name: ActorName) => Given | Promise<Given>
  /** What else stands in the path. */
  params?: (ticketId: string) => Promise<Record<string, string>>
  prepare?: (ticketId: string) => Promise<unknown>
  /** Where those who may are told something else than that it is done. */
  code?: string
  /** In this state clients see no ticket. */
  isDeleted?: boolean
}
const admin = async (method: Method, path: string, body?: Given) =>
  (await call(method, path, body ? { body } : {})).body ?? {}
const stopTimers = () => db.query({ text: "delete from time_entries where state in ('running', 'paused')", values: [] })

const ticketWrites: Record<string, TicketWrite> = {
  changeTicket: { body: () => ({ priority: 'high' }) },
  deleteTicket: {},
  assignTicket: { body: () => ({ teamId: null }) },
  claimTicket: {},
  releaseTicket: { prepare: (id) => admin('PUT', `/v1/tickets/${id}/assignment`, { assigneeId: actor('agent').id }) },
  postReply: { also: 'requester', body: () => ({ body: 'x' }) },
  postNote: { also: 'light_agent', body: () => ({ body: 'x' }) },
  addFollower: { body: () => ({ email: 'follower@example.com' }) },
  removeFollower: {
    params: async (id) => ({
      personId: (await admin('POST', `/v1/tickets/${id}/followers`, { personId: follower.id })).personId ?? 'x',
    }),
  },
  setParent: { body: () => ({ parentId: null }) },
  linkTickets: { body: async (_, name) => ({ kind: 'relates', toId: await aTicket(name, 'own') }) },
  unlinkTickets: {
    params: async (id) => ({
      linkId: (await admin('POST', `/v1/tickets/${id}/links`, { kind: 'blocks', toId: another })).id ?? 'x',
    }),
  },
  beginConversation: { also: 'light_agent', body: () => ({ kind: 'internal', title: 'x', participants: [] }) },
  markTicketRead: { also: 'everybody', body: () => ({}) },
  markTicketUnread: { also: 'everybody' },
  startTimer: { also: 'light_agent', body: () => ({}), prepare: stopTimers },
  pauseTimer: { also: 'light_agent', prepare: stopTimers, code: 'timer_not_running' },
  stopTimer: { also: 'light_agent', prepare: stopTimers, code: 'timer_not_running' },
  measureAttention: { also: 'light_agent' },
  logTime: { also: 'light_agent', body: () => ({ durationSeconds: 60 }) },
  restoreTicket: { prepare: (id) => admin('DELETE', `/v1/tickets/${id}`), isDeleted: true },
  markAsSpam: {},
  unmarkAsSpam: { prepare: (id) => admin('POST', `/v1/tickets/${id}/spam`) },
  snoozeTicket: { body: () => ({ forMinutes: 5 }) },
  unsnoozeTicket: { prepare: (id) => admin('POST', `/v1/tickets/${id}/snooze`, {}) },
  mergeTicket: { body: async (_, name) => ({ into: await aTicket(name, 'own') }) },
  undoMerge: { prepare: async (id) => admin('POST', `/v1/tickets/${id}/merge`, { into: (await openTicket()).id }) },
  splitTicket: {
    body: async (id) => ({
      messageIds: [(await admin('POST', `/v1/tickets/${id}/replies`, { body: 'Another matter' })).id ?? 'x'],
    }),
  },
  acknowledgeTicket: {},
}

/** The same for many operations. */
const lines = <T>(names: string, value: T): Record<string, T> =>
  Object.fromEntries(names.split(' ').map((name) => [name, value]))

type Column = 'agent' | 'light_agent' | 'requester'
/** Writes where no ticket stands in the path: what agents, light agents and requesters are told, beside admins, who may. */
const hears = (agent: string, light_agent: string, requester: string): Record<Column, string> => ({
  agent,
  light_agent,
  requester,
})
const forAdmins = hears('forbidden', 'forbidden', 'forbidden')
const forAgents = hears('ok', 'forbidden', 'forbidden')
const forStaff = hears('ok', 'ok', 'forbidden')
const forAll = hears('ok', 'ok', 'ok')
const words = [
  'Type',
  'Status',
  'Priority',
  'Category',
  'Project',
  'Field',
  'Role',
  'Rule',
  'Calendar',
  'Activity',
  'SlaPolicy',
]
/** Reads with a body that tell of all tickets: for agents whose role narrows nothing. */
const reports = ['ticketReport', 'backlogReport', 'ticketDistribution']
const deskWrites: Record<string, Record<Column, string>> = {
  ...Object.fromEntries(words.flatMap((word) => ['add', 'change', 'remove'].map((verb) => [verb + word, forAdmins]))),
  setWorkflow: forAdmins,
  changeAccessSettings: forAdmins,
  addMailbox: forAdmins,
  changeTimeSettings: forAdmins,
  setWorkload: forAdmins,
  addContract: forAdmins,
  changeContract: hears('forbidden', 'forbidden', 'contract_not_found'),
  endContract: hears('forbidden', 'forbidden', 'contract_not_found'),
  adjustContract: hears('forbidden', 'forbidden', 'contract_not_found'),
  testRule: forAdmins,
  simulateRule: forAdmins,
  cancelSimulation: forAdmins,
  addTeam: forAdmins,
  mergePerson: hears('ok', 'forbidden', 'person_not_found'),
  invitePerson: hears('forbidden', 'forbidden', 'person_not_found'),
  sendVerification: hears('forbidden', 'forbidden', 'person_not_found'),
  endSessions: hears('forbidden', 'forbidden', 'person_not_found'),
  erasePerson: hears('forbidden', 'forbidden', 'person_not_found'),
  // of an admin
  endSession: hears('session_not_found', 'session_not_found', 'session_not_found'),
  // internal ones
  changeConversation: hears('ok', 'ok', 'conversation_not_found'),
  addParticipant: hears('ok', 'ok', 'conversation_not_found'),
  removeParticipant: hears('ok', 'ok', 'conversation_not_found'),
  removeField: hears('forbidden', 'forbidden', 'field_not_found'),
  changeField: hears('forbidden', 'forbidden', 'field_not_found'),
  changeTeam: hears('forbidden', 'forbidden', 'team_not_found'),
  changeMailbox: hears('forbidden', 'forbidden', 'mailbox_not_found'),
  removeMailbox: hears('forbidden', 'forbidden', 'mailbox_not_found'),
  removeOrganization: hears('forbidden', 'forbidden', 'organization_not_found'),
  // with domains, which decide who sees what
  addOrganization: forAdmins,
  changeOrganization: hears('ok', 'forbidden', 'organization_not_found'),
  addPerson: forAgents,
  // of an agent
  changePerson: hears('forbidden', 'forbidden', 'person_not_found'),
  addPersonEmail: hears('forbidden', 'forbidden', 'person_not_found'),
  removePersonEmail: hears('forbidden', 'forbidden', 'person_not_found'),
  openTicket: hears('ok', 'forbidden', 'forbidden'),
  takeNextTicket: forAgents,
  releaseMessage: hears('ok', 'forbidden', 'message_not_found'),
  changeTickets: forAgents,
  startBulkChange: forAgents,
  // of an admin
  cancelJob: hears('job_not_found', 'job_not_found', 'job_not_found'),
  changeTimeEntry: hears('forbidden', 'forbidden', 'time_entry_not_found'),
  removeTimeEntry: hears('forbidden', 'forbidden', 'time_entry_not_found'),
  reverseTimeEntry: hears('forbidden', 'forbidden', 'time_entry_not_found'),
  submitTimesheet: hears('forbidden', 'forbidden', 'person_not_found'),
  approveTimesheet: hears('forbidden', 'forbidden', 'person_not_found'),
  lockTimesheet: hears('forbidden', 'forbidden', 'person_not_found'),
  rejectTimesheet: hears('forbidden', 'forbidden', 'person_not_found'),
  addAbsence: hears('forbidden', 'forbidden', 'person_not_found'),
  removeAbsence: hears('forbidden', 'forbidden', 'person_not_found'),
  addView: forStaff,
  changeView: hears('view_not_found', 'view_not_found', 'view_not_found'),
  removeView: hears('view_not_found', 'view_not_found', 'view_not_found'),
  searchTickets: forAll,
  ...Object.fromEntries(reports.map((name) => [name, forAgents])),
  createApiKey: forStaff,
  rotateApiKey: hears('forbidden', 'forbidden', 'api_key_not_found'),
  revokeApiKey: hears('forbidden', 'forbidden', 'api_key_not_found'),
  mintRequesterToken: forAgents,
  releaseInboundMail: forAgents,
  reprocessInboundMail: forAgents,
  resendMail: hears('ok', 'forbidden', 'outbound_mail_not_found'),
  suppressAddress: forAgents,
  unsuppressAddress: forAgents,
  readNotification: hears('notification_not_found', 'notification_not_found', 'forbidden'),
  readAllNotifications: forStaff,
  changeNotificationPreferences: forStaff,
  ...Object.fromEntries(
    ['Template', 'Macro'].flatMap((noun) => ['add', 'change', 'remove'].map((verb) => [verb + noun, forAgents])),
  ),
  applyMacro: forAgents,
}
/** What roles of the desk's own may without being named, and what they hear where it is not theirs. */
const personal = [
  'readNotification',
  'readAllNotifications',
  'changeNotificationPreferences',
  'searchTickets',
  'endSession',
]

/** No JSON: files and raw mail have tests of their own (attachments, journal), as has what proves itself in its body (login). */
const otherBodies = [
  'uploadAttachment',
  'inspectMail',
  'createToken',
  'logOut',
  'setPassword',
  'requestPasswordReset',
  'resetPassword',
  'verifyEmail',
]

/** Reads where nothing stands in the path. */
const deskReads: Record<string, 'all' | 'staff'> = {
  ...lines(
    'me mySessions tickets types statuses priorities categories projects conditionFields fields contracts',
    'all',
  ),
  ...lines(
    'dashboard people teams organizations activities calendars slaPolicies slaClocks timers timeEntries timeSettings views roles rolePermissions apiKeys accessSettings events mailboxes inboundMails outboundMails suppressedAddresses notifications notificationPreferences rules templates macros',
    'staff',
  ),
}

/** Reads of one thing by its id or key, or that ask for more than a path, and where it is seen who may read it. */
const byKey: Record<string, string> = {
  ...lines('message attachment attachmentLink attachmentContent', 'visibility, attachments and reach'),
  ...lines(
    'timeEntry inboundMail rawInboundMail outboundMail explainOutboundMail notification ticketsInView viewCount renderTemplate ruleSimulations ruleSimulation',
    'reach',
  ),
  ...lines('personExport', 'erasure'),
  ...lines('contract contractBalance contractLedger', 'contracts'),
  ...lines('timeReport', 'reports'),
  ...lines(
    'person team organization activity calendar slaPolicy workingTime job timesheet workload absences view role type status priority category project workflow field typeSchema mailbox rule template macro',
    'the tests of its own',
  ),
}

// --- the cells ---

/** A ticket that stands so to this actor. */
async function aTicket(name: ActorName, relation: Relation): Promise<string> {
  const { id } = actor(name)
  if (relation === 'absent') return 'tkt_00000000000000000000000000'
  const requesterId =
    relation === 'own' && isClient(name) ? id : relation === 'organization' ? colleague.id : stranger.id
  const ticket = await openTicket({ requesterId, teamId: relation === 'team' ? ourTeam : theirTeam })
  if (relation === 'own' && !isClient(name) && name !== 'anonymous' && name !== 'light_agent')
    await admin('PUT', `/v1/tickets/${ticket.id}/assignment`, { assigneeId: id })
  return ticket.id
}

const mayRun = (name: ActorName, operation: string, also?: TicketWrite['also']): boolean => {
  if (also === 'everybody') return true
  if (name.startsWith('staff_')) return ownRolePermissions.includes(operation)
  if (name === 'full_user') return fullUserRole.permissions.includes(operation)
  return name === 'admin' || name === 'agent' || name === also
}

function expectedOfWrite(name: ActorName, relation: Relation, operation: string, write: TicketWrite): string {
  if (name === 'anonymous') return 'unauthenticated'
  const may = mayRun(name, operation, write.also)
  if (isOwnRole(name) && !may) return 'forbidden'
  if (!sees[name].includes(relation) || (write.isDeleted && isClient(name))) return 'ticket_not_found'
  return may ? (write.code ?? 'ok') : 'forbidden'
}

const codeOf = ({ status, body }: Answer, ok: number): string => (status === ok ? 'ok' : `${body?.code ?? status}`)

/** The same by GraphQL: a mutation of the same name with path and body as its input. */
async function mutate(operation: string, input: Given, key: string): Promise<string> {
  const field = schema.getMutationType()?.getFields()[operation]
  if (!field) return `no mutation ${operation}`
  const selection = isObjectType(getNamedType(field.type)) ? '{ __typename }' : ''
  const query = `mutation ($input: ${field.args[0]?.type}) { ${operation}(input: $input) ${selection} }`
  const { body } = await call('POST', '/graphql', { key, body: { query, variables: { input } } })
  return body.errors?.[0]?.extensions?.code ?? body.code ?? (body.errors ? JSON.stringify(body.errors) : 'ok')
}

let cells = 0
const wrong: string[] = []
function cell(what: string, got: string, expected: string): void {
  cells++
  if (got !== expected) wrong.push(`${what}: ${got}, not ${expected}`)
}
function settle(test: Pick<typeof t, 'same'>): void {
  test.same(wrong.splice(0), [], 'no cell is wrong')
}

t.test('every operation has a line in the tables', async (t) => {
  for (const { name, path, method } of operations) {
    const isOfTicket = path.includes('{ticketId}')
    const table =
      method === 'GET'
        ? isOfTicket
          ? ticketReads
          : path.includes('{')
            ? byKey
            : { ...deskReads, ...byKey }
        : isOfTicket
          ? ticketWrites
          : { ...deskWrites, ...Object.fromEntries(otherBodies.map((each) => [each, 1])) }
    t.ok(Object.hasOwn(table, name), `${name} (${method} ${path})`)
  }
})

t.test('writes on tickets', async (t) => {
  for (const { name: operation, method, path, ok } of operations) {
    const write = ticketWrites[operation]
    if (!write) continue
    // what is refused changes nothing: the next one is refused on the same ticket
    const kept = new Map<string, Prepared>()
    for (const name of actorNames)
      for (const relation of relations) {
        const expected = expectedOfWrite(name, relation, operation, write)
        for (const road of ['REST', 'GraphQL']) {
          const place = `${relation} ${relation === 'own' ? name : ''}`
          const found = (expected === 'ok' ? undefined : kept.get(place)) ?? (await prepared(write, name, relation))
          if (expected !== 'ok') kept.set(place, found)
          const { params, body } = found
          const { key } = actor(name)
          const got =
            road === 'REST'
              ? codeOf(await call(method, fill(path, params), { key, ...(body ? { body } : {}) }), ok)
              : await mutate(operation, { ...params, ...body }, key)
          cell(`${road} ${operation} ${name} ${relation}`, got, expected)
        }
      }
  }
  settle(t)
})

interface Prepared {
  params: Record<string, string>
  body: Given | undefined
}

async function prepared(write: TicketWrite, name: ActorName, relation: Relation): Promise<Prepared> {
  const ticketId = await aTicket(name, relation)
  await write.prepare?.(ticketId)
  return { params: { ticketId, ...(await write.params?.(ticketId)) }, body: await write.body?.(ticketId, name) }
}

t.test('reads of tickets', async (t) => {
  const known = new Map<string, string>()
  for (const { name: operation, path, ok } of operations) {
    const readers = ticketReads[operation]
    if (!readers) continue
    for (const name of actorNames)
      for (const relation of relations) {
        const place = `${relation} ${relation === 'own' ? name : ''}`
        const ticketId = known.get(place) ?? (await aTicket(name, relation))
        known.set(place, ticketId)
        const isRefused = readers === 'staff' && isClient(name)
        const seen = sees[name].includes(relation) ? 'ok' : 'ticket_not_found'
        const expected = name === 'anonymous' ? 'unauthenticated' : isRefused ? 'forbidden' : seen
        const query = operation === 'explainRule' ? '?rule=acknowledge_new_ticket' : ''
        const got = codeOf(await call('GET', fill(path, { ticketId }) + query, { key: actor(name).key }), ok)
        cell(`REST ${operation} ${name} ${relation}`, got, expected)
        if (operation !== 'ticket' || name === 'anonymous') continue
        const asked = `{ ticket(id: "${ticketId}") { id } node(id: "${ticketId}") { id } tickets(first: 100) { nodes { id } } }`
        const { data } = (await call('POST', '/graphql', { key: actor(name).key, body: { query: asked } })).body
        const answers = [
          data?.ticket,
          data?.node,
          data?.tickets.nodes.find(({ id }: { id: string }) => id === ticketId),
        ]
        for (const answer of answers) cell(`GraphQL ${name} ${relation}`, answer ? 'ok' : 'ticket_not_found', expected)
      }
  }
  settle(t)
})

let times = 0
/** What may be there once only is another one each time. */
const fresh = (body: Given = {}): Given => ({
  ...body,
  ...(body.key === 'right' ? { key: `right_${times++}` } : {}),
  ...(typeof body.email === 'string' ? { email: `fresh${times++}@example.com` } : {}),
  ...(typeof body.address === 'string' ? { address: `fresh${times++}@kontor.localhost` } : {}),
  ...(body.domains ? { domains: [`d${times++}.example`] } : {}),
})

t.test('writes on everything else', async (t) => {
  // there are notifications to read
  await admin('PATCH', '/v1/rules/tell_assignee_of_assignment', { enabled: true })
  for (const { name: operation, method, path, ok } of operations) {
    const told = deskWrites[operation]
    const sample = right[operation]
    if (!told || !sample) continue
    const asked = async (): Promise<Prepared> => {
      if (operation === 'takeNextTicket') await openTicket()
      if (operation === 'cancelJob') await db.query({ text: "update bulk_jobs set state = 'done'", values: [] })
      return { params: (await sample.params?.()) ?? {}, body: sample.body && fresh(sample.body) }
    }
    // what is refused changes nothing, and is refused to the next one
    let refused: Prepared | undefined
    for (const name of actorNames) {
      if (name === 'admin') continue // the same requests succeed for them in bad-input.test.ts
      const column = isClient(name) ? 'requester' : name === 'light_agent' ? name : 'agent'
      const isGranted =
        !isOwnRole(name) ||
        personal.includes(operation) ||
        mayRun(name, operation) ||
        (name === 'staff_all' && reports.includes(operation))
      const expected = name === 'anonymous' ? 'unauthenticated' : isGranted ? told[column] : 'forbidden'
      for (const road of ['REST', 'GraphQL']) {
        if (road === 'GraphQL' && readsByPost.includes(operation)) continue
        const found = (expected === 'ok' ? undefined : refused) ?? (await asked())
        if (expected !== 'ok') refused = found
        const { params, body } = found
        const { key } = actor(name)
        const got =
          road === 'REST'
            ? codeOf(await call(method, fill(path, params), { key, ...(body ? { body } : {}) }), ok)
            : await mutate(operation, { ...params, ...body }, key)
        cell(`${road} ${operation} ${name}`, got, expected)
      }
    }
  }
  settle(t)
})

t.test('reads of everything else', async (t) => {
  for (const { name: operation, path, ok } of operations) {
    const readers = deskReads[operation]
    if (!readers) continue
    for (const name of actorNames) {
      const allowed = readers === 'all' || !isClient(name) ? 'ok' : 'forbidden'
      const got = codeOf(await call('GET', path, { key: actor(name).key }), ok)
      cell(`REST ${operation} ${name}`, got, name === 'anonymous' ? 'unauthenticated' : allowed)
    }
  }
  settle(t)
})

t.test('there are enough cells', async (t) => {
  t.ok(cells >= 3_000, `${cells} cells`)
  t.comment(`${cells} cells`)
})
