import t, { type Test } from 'tap'
import { problems } from '../src/kernel/problems.ts'
import { type Answer, type Calling, startDesk } from './support/desk.ts'

// Every write route of the contract, asked wrongly in every way that can be derived from it.

const desk = await startDesk(t, { ATTACHMENT_BYTES_MAX: '2000000' })
const { app, call, db, openTicket, person, receive, rows } = desk

type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE'
interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
}
interface Operation {
  operationId: string
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

const contract = app.http.swagger() as unknown as { paths: Record<string, Record<string, Operation>> } // as printed
const routes = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) =>
    method === 'get' ? [] : [{ method: method.toUpperCase() as Method, path, operation }],
  ),
)

const agent = await person('agent')
const team = (await call('POST', '/v1/teams', { body: { name: 'Second line' } })).body
const spare = (await call('POST', '/v1/mailboxes', { body: { address: 'spare@kontor.localhost' } })).body

const aTicketId = (await openTicket()).id
const splittable = await openTicket()
const splitId = (await call('POST', `/v1/tickets/${splittable.id}/replies`, { body: { body: 'Off' } })).body.id

/** A request of each operation that succeeds; the wrong ones differ from it by one fault. */
const right: Record<string, { params?: () => Promise<Record<string, string>>; body?: Record<string, unknown> }> = {
  openTicket: { body: { subject: 'Right', body: 'Right', requester: { email: 'right@example.com' } } },
  changeTicket: { params: async () => ({ ticketId: (await openTicket()).id }), body: { priority: 'low' } },
  assignTicket: { params: async () => ({ ticketId: (await openTicket()).id }), body: { assigneeId: agent.id } },
  takeNextTicket: { body: {} },
  claimTicket: { params: async () => ({ ticketId: (await openTicket()).id }) },
  releaseTicket: { params: async () => ({ ticketId: (await openTicket({ assigneeId: agent.id })).id }) },
  postReply: { params: async () => ({ ticketId: (await openTicket()).id }), body: { body: 'Right' } },
  postNote: { params: async () => ({ ticketId: (await openTicket()).id }), body: { body: 'Right' } },
  addPerson: { body: { email: 'added@example.com' } },
  changePerson: { params: async () => ({ personId: agent.id }), body: { name: 'Ada' } },
  addOrganization: { body: { name: 'Acme', domains: ['acme.example'] } },
  changeOrganization: { params: async () => ({ organizationId: await anOrganization() }), body: { name: 'Acme & Co' } },
  removeOrganization: { params: async () => ({ organizationId: await anOrganization() }) },
  addPersonEmail: { params: async () => ({ personId: agent.id }), body: { email: 'ada@second.example' } },
  removePersonEmail: {
    params: async () => {
      const email = `second-${mails++}@example.com`
      await call('POST', `/v1/people/${agent.id}/emails`, { body: { email } })
      return { personId: agent.id, email }
    },
  },
  addTeam: { body: { name: 'Third line' } },
  changeTeam: { params: async () => ({ teamId: team.id }), body: { name: 'Line two' } },
  addMailbox: { body: { address: 'sales@kontor.localhost' } },
  changeMailbox: { params: async () => ({ mailboxId: spare.id }), body: { name: 'Spare' } },
  removeMailbox: {
    params: async () => ({
      mailboxId: (await call('POST', '/v1/mailboxes', { body: { address: `m${Date.now()}@kontor.localhost` } })).body
        .id,
    }),
  },
  createApiKey: { body: { name: 'Right' } },
  rotateApiKey: { params: async () => ({ apiKeyId: await aKey() }), body: {} },
  revokeApiKey: { params: async () => ({ apiKeyId: await aKey() }) },
  mintRequesterToken: { body: { email: 'minted@example.com' } },
  resendMail: { params: async () => ({ outboundMailId: await aMail() }) },
  addRule: {
    body: {
      key: 'right',
      name: 'Right',
      on: ['ticket.opened'],
      if: { field: 'priority', op: 'is', value: 'high' },
      then: [{ action: 'changeTicket', addTags: ['hot'] }],
    },
  },
  addMacro: { body: { key: 'right', name: 'Right', actions: [{ action: 'postNote', body: 'x' }] } },
  changeMacro: { params: async () => ({ key: await aMacro() }), body: { name: 'Other' } },
  removeMacro: { params: async () => ({ key: await aMacro() }) },
  applyMacro: { params: async () => ({ key: await aMacro() }), body: { ticketId: aTicketId } },
  addTemplate: { body: { key: 'right', name: 'Right', body: 'Dear {{ requester.name }}' } },
  changeTemplate: { params: async () => ({ key: await aTemplate() }), body: { name: 'Other' } },
  removeTemplate: { params: async () => ({ key: await aTemplate() }) },
  testRule: {
    params: async () => ({ key: 'acknowledge_new_ticket' }),
    body: { ticketId: aTicketId, rule: { if: { all: [] } } },
  },
  simulateRule: {
    params: async () => {
      await endSimulations()
      return { key: SIMULATED }
    },
    body: { rule: { if: { all: [] }, position: 1 }, to: '2026-01-01T00:00:00Z', eventsMax: 5 },
  },
  cancelSimulation: { params: async () => ({ key: SIMULATED, simulationId: await aSimulation() }) },
  changeRule: { params: async () => ({ key: 'tell_assignee_of_reply' }), body: { enabled: false } },
  removeRule: { params: async () => ({ key: 'reopen_on_customer_reply' }) },
  acknowledgeTicket: {
    params: async () => ({ ticketId: (await receive(aRawMail({ From: 'ack@example.com' }))).ticketId }),
  },
  releaseMessage: { params: async () => ({ messageId: await aHeldMessage() }) },
  addFollower: { params: async () => ({ ticketId: (await openTicket()).id }), body: { email: 'follower@example.com' } },
  removeFollower: {
    params: async () => {
      const { id } = await openTicket()
      const { body } = await call('POST', `/v1/tickets/${id}/followers`, { body: { personId: agent.id } })
      return { ticketId: id, personId: body.personId }
    },
  },
  setParent: {
    params: async () => ({ ticketId: (await openTicket()).id }),
    body: { parentId: aTicketId },
  },
  startTimer: { params: async () => ({ ticketId: await aTimer(false) }), body: { note: 'Right' } },
  pauseTimer: { params: async () => ({ ticketId: await aTimer() }) },
  stopTimer: { params: async () => ({ ticketId: await aTimer() }) },
  measureAttention: { params: async () => ({ ticketId: (await openTicket()).id }) },
  logTime: { params: async () => ({ ticketId: (await openTicket()).id }), body: { durationSeconds: 600 } },
  changeTimeEntry: { params: async () => ({ timeEntryId: await anEntry() }), body: { note: 'Right' } },
  removeTimeEntry: { params: async () => ({ timeEntryId: await anEntry() }) },
  reverseTimeEntry: { params: async () => ({ timeEntryId: await anEntry('approved') }), body: {} },
  submitTimesheet: { params: () => aWeek() },
  approveTimesheet: { params: () => aWeek('submit') },
  rejectTimesheet: { params: () => aWeek('submit'), body: { note: 'Too much' } },
  lockTimesheet: { params: () => aWeek('submit', 'approve') },
  changeTimeSettings: { body: { roundToSeconds: 60 } },
  setWorkload: { params: async () => ({ personId: agent.id }), body: { weight: 2 } },
  addAbsence: {
    params: async () => ({ personId: agent.id }),
    body: { startsAt: '2030-01-01T00:00:00Z', endsAt: '2030-01-02T00:00:00Z' },
  },
  removeAbsence: { params: async () => ({ personId: agent.id, absenceId: await anAbsence() }) },
  changeTickets: { body: { ticketIds: [aTicketId], actions: [{ action: 'changeTicket', priority: 'low' }] } },
  startBulkChange: { body: { ticketIds: [aTicketId], actions: [{ action: 'changeTicket', priority: 'low' }] } },
  cancelJob: { params: async () => ({ jobId: await aJob() }) },
  markTicketRead: { params: async () => ({ ticketId: (await openTicket()).id }), body: {} },
  markTicketUnread: { params: async () => ({ ticketId: (await openTicket()).id }) },
  deleteTicket: { params: async () => ({ ticketId: (await openTicket()).id }) },
  restoreTicket: {
    params: async () => {
      const { id } = await openTicket()
      await call('DELETE', `/v1/tickets/${id}`)
      return { ticketId: id }
    },
  },
  markAsSpam: { params: async () => ({ ticketId: (await openTicket()).id }) },
  unmarkAsSpam: { params: async () => ({ ticketId: (await openTicket()).id }) },
  snoozeTicket: { params: async () => ({ ticketId: (await openTicket()).id }), body: { forMinutes: 5 } },
  unsnoozeTicket: {
    params: async () => {
      const { id } = await openTicket()
      await call('POST', `/v1/tickets/${id}/snooze`, { body: {} })
      return { ticketId: id }
    },
  },
  mergeTicket: { params: async () => ({ ticketId: (await openTicket()).id }), body: { into: aTicketId } },
  undoMerge: {
    params: async () => {
      const { id } = await openTicket()
      await call('POST', `/v1/tickets/${id}/merge`, { body: { into: aTicketId } })
      return { ticketId: id }
    },
  },
  splitTicket: { params: async () => ({ ticketId: splittable.id }), body: { messageIds: [splitId] } },
  linkTickets: {
    params: async () => ({ ticketId: (await openTicket()).id }),
    body: { kind: 'blocks', toId: aTicketId },
  },
  unlinkTickets: {
    params: async () => {
      const [{ id }, other] = [await openTicket(), await openTicket()]
      const { body } = await call('POST', `/v1/tickets/${id}/links`, { body: { kind: 'blocks', toId: other.id } })
      return { ticketId: id, linkId: body.id }
    },
  },
  // from our own address: ignored, until somebody says otherwise
  releaseInboundMail: {
    params: async () => ({ inboundMailId: (await receive(aRawMail({ From: 'support@kontor.localhost' }))).id }),
  },
  reprocessInboundMail: {
    params: async () => ({ inboundMailId: (await receive(aRawMail({ 'X-Long': 'x'.repeat(300_000) }))).id }),
  },
  suppressAddress: { body: { address: 'nobody@example.com' } },
  unsuppressAddress: {
    params: async () => {
      const { body } = await call('POST', '/v1/mail/suppressions', { body: { address: `n${mails++}@example.com` } })
      return { address: body.address }
    },
  },
  readNotification: {
    params: async () => {
      const { body: admin } = await call('GET', '/v1/me')
      await openTicket({ assigneeId: admin.id, requester: { email: 'ruth@example.com' } }, agent.key)
      return { notificationId: (await call('GET', '/v1/notifications')).body.data[0].id }
    },
  },
  readAllNotifications: { body: {} },
  changeNotificationPreferences: { body: { customerReplied: 'list' } },
  addType: { body: { key: 'right', name: 'Right' } },
  changeType: { params: async () => ({ key: await aWord('types') }), body: { name: 'Other' } },
  removeType: { params: async () => ({ key: await aWord('types') }) },
  addStatus: { body: { key: 'right', name: 'Right', category: 'open' } },
  changeStatus: {
    params: async () => ({ key: await aWord('statuses', { category: 'open' }) }),
    body: { name: 'Other' },
  },
  removeStatus: { params: async () => ({ key: await aWord('statuses', { category: 'open' }) }) },
  addPriority: { body: { key: 'right', name: 'Right' } },
  changePriority: { params: async () => ({ key: await aWord('priorities') }), body: { name: 'Other' } },
  removePriority: { params: async () => ({ key: await aWord('priorities') }) },
  addCategory: { body: { key: 'right', name: 'Right' } },
  changeCategory: { params: async () => ({ key: await aWord('categories') }), body: { name: 'Other' } },
  removeCategory: { params: async () => ({ key: await aWord('categories') }) },
  addProject: { body: { key: 'right', name: 'Right' } },
  changeProject: { params: async () => ({ key: await aWord('projects') }), body: { name: 'Other' } },
  removeProject: { params: async () => ({ key: await aWord('projects') }) },
  setWorkflow: { params: async () => ({ key: await aWord('types') }), body: { statuses: ['open', 'closed'] } },
  addField: { body: { key: 'right', name: 'Right', type: 'text' } },
  changeField: { params: async () => ({ key: await aField() }), body: { name: 'Other' } },
  removeField: { params: async () => ({ key: await aField() }) },
  addRole: { body: { key: 'right', name: 'Right', kind: 'client' } },
  changeRole: { params: async () => ({ key: await aRole() }), body: { name: 'Other' } },
  removeRole: { params: async () => ({ key: await aRole() }) },
  changeAccessSettings: { body: { apiFullUser: { create: false } } },
  addView: { body: { key: 'right', name: 'Right', condition: { all: [] } } },
  changeView: { params: async () => ({ key: await aView() }), body: { name: 'Right' } },
  removeView: { params: async () => ({ key: await aView() }) },
  searchTickets: { body: { query: 'is:open printer' } },
  uploadAttachment: {},
  inspectMail: {},
}

/** They ask with a body, and write nothing. */
const readsByPost = ['inspectMail', 'searchTickets', 'testRule']

const SIMULATED = 'tell_assignee_of_assignment'
const endSimulations = async () => {
  const path = `/v1/rules/${SIMULATED}/simulations`
  const { data } = (await call('GET', `${path}?state=queued`)).body
  for (const { id } of data) await call('POST', `${path}/${id}/cancel`, { body: {} })
}
const aSimulation = async () => {
  await endSimulations()
  return (await call('POST', `/v1/rules/${SIMULATED}/simulations`, { body: {} })).body.id
}

let mails = 0
const aMacro = async () => {
  const key = `macro_${mails++}`
  await call('POST', '/v1/macros', { body: { key, name: 'Some', actions: [{ action: 'postNote', body: 'x' }] } })
  return key
}
const aTemplate = async () => {
  const key = `template_${mails++}`
  await call('POST', '/v1/templates', { body: { key, name: 'Some', body: 'Hello' } })
  return key
}
const aRawMail = (headers: Record<string, string>) =>
  `${Object.entries({
    From: 'somebody@example.com',
    Subject: 'Hello',
    'Message-ID': `<m${mails++}@example.com>`,
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\nHello\n`

const aView = async () => {
  const body = { key: `view_${mails++}`, name: 'Spare', condition: { all: [] } }
  return (await call('POST', '/v1/views', { body })).body.key
}

const aRole = async () => {
  const body = { key: `role_${mails++}`, name: 'Spare', kind: 'staff' }
  return (await call('POST', '/v1/roles', { body })).body.key
}

const aWord = async (path: string, more: object = {}) => {
  const body = { key: `word_${mails++}`, name: 'Spare', ...more }
  return (await call('POST', `/v1/${path}`, { body })).body.key
}

const aField = async () => {
  const body = { key: `field_${mails++}`, name: 'Spare', type: 'text' }
  return (await call('POST', '/v1/fields', { body })).body.key
}

const aHeldMessage = async () => {
  const { id } = await openTicket()
  const rcptTo = await desk.replyAddress(id, 'ruth@example.com')
  return (await receive(aRawMail({ From: 'eve@example.net' }), { rcptTo })).messageId
}

/** A ticket on which the caller's timer runs, and nowhere else. */
const aTimer = async (isRunning = true) => {
  for (const { ticketId } of (await call('GET', '/v1/timers')).body.data)
    await call('POST', `/v1/tickets/${ticketId}/timer/stop`)
  const { id } = await openTicket()
  if (isRunning) await call('POST', `/v1/tickets/${id}/timer/start`, { body: {} })
  return id
}
const anEntry = async (state = 'open') => {
  const { id } = (await call('POST', `/v1/tickets/${aTicketId}/time-entries`, { body: { durationSeconds: 60 } })).body
  if (state !== 'open')
    await db.query({ text: 'update time_entries set state = $2 where id = $1', values: [id, state] })
  return id
}
let weeks = 10
const aWeek = async (...acts: string[]) => {
  const named = { personId: agent.id, week: `20${weeks++}-W07` }
  for (const act of acts) await call('POST', `/v1/timesheets/${named.personId}/${named.week}/${act}`)
  return named
}
const anAbsence = async () =>
  (
    await call('POST', `/v1/people/${agent.id}/absences`, {
      body: { startsAt: '2030-01-01T00:00:00Z', endsAt: '2030-01-02T00:00:00Z' },
    })
  ).body.id
const aJob = async () =>
  (
    await call('POST', '/v1/tickets/bulk-jobs', {
      body: { ticketIds: [aTicketId], actions: [{ action: 'changeTicket', priority: 'low' }] },
    })
  ).body.id
const anOrganization = async () => (await call('POST', '/v1/organizations', { body: { name: 'Spare' } })).body.id
const aKey = async () => (await call('POST', '/v1/api-keys', { body: { name: 'Spare' } })).body.id
const aMail = async () => {
  const { id } = await openTicket()
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Mail' } })
  return (await call('GET', `/v1/mail/outbound?ticketId=${id}`)).body.data[0].id
}

const fill = (path: string, params: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))

function isProblem(t: Test, answer: Answer, what: string, statuses: number[]) {
  const { status, body, headers } = answer
  t.ok(statuses.includes(status), `${what}: ${status} is one of ${statuses}`)
  t.equal(headers['content-type'], 'application/problem+json; charset=utf-8', `${what}: problem+json`)
  t.ok(body?.code in problems, `${what}: ${body?.code} is a code of ours`)
  t.match(body, { type: `/problems/${body?.code}`, status, requestId: String }, what)
}

/** Values that no member of this kind takes, and values that nothing can store. */
function wrongValues({ type, enum: values }: Schema): unknown[] {
  const kinds = [type].flat()
  const wrong: unknown[] = [{ nested: true }, [[[]]], 'nul\0', 'half \ud800', 'x'.repeat(200_000)]
  if (!kinds.includes('string')) wrong.push('worded')
  if (!kinds.includes('integer') && !kinds.includes('number')) wrong.push(12)
  if (!kinds.includes('boolean')) wrong.push(true)
  if (!kinds.includes('null')) wrong.push(null)
  if (values) wrong.push('no_such_value')
  if (kinds.includes('integer')) wrong.push(1.5, 1e300, '7')
  return kinds.includes('object') ? wrong.slice(1) : wrong
}

for (const { method, path, operation } of routes) {
  const { operationId, requestBody } = operation
  const sample = right[operationId]
  t.test(`${operationId} refuses what is wrong, and writes nothing`, async (t) => {
    if (!sample) {
      t.fail(`${operationId} has no right request here`)
      return
    }
    const params = (await sample.params?.()) ?? {}
    const url = fill(path, params)
    const schema = requestBody?.content['application/json']?.schema
    const { body } = sample
    const ask = (calling: Calling, at = url) => call(method, at, { ...(body ? { body } : {}), ...calling })
    const before = await rows()

    isProblem(t, await ask({ key: '' }), 'no credential', [401])
    isProblem(t, await ask({ key: 'kk_00000000_wrong' }), 'a wrong key', [401])
    isProblem(t, await ask({ key: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' }), 'a forged token', [401])
    isProblem(
      t,
      await ask({}, `${url}?nonsense=1`),
      'an unknown parameter',
      schema || method === 'DELETE' ? [400] : [400, 415],
    )
    if (!readsByPost.includes(operationId))
      isProblem(t, await ask({ headers: { 'idempotency-key': 'ü'.repeat(3) } }), 'a key that is not ASCII', [400, 415])
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/json; charset=x;x',
      'image/png',
    ]) {
      if (method === 'DELETE') continue
      const answer = await call(method, url, { body: '{"x":1}', headers: { 'content-type': type } })
      isProblem(t, answer, type, [415, 422, 400])
    }
    for (const name of Object.keys(params)) {
      const foreign = fill(path, { ...params, [name]: 'tkt_00000000000000000000000000' })
      isProblem(t, await ask({}, foreign), `a foreign ${name}`, [404])
      for (const odd of ['nul%00', '%ff', 'x'.repeat(300), "';--", '..%2f..', '0', '99999999999']) {
        const answer = await ask(
          {},
          path.replace(`{${name}}`, odd).replace(/\{(\w+)\}/g, (_, other) => params[other] ?? ''),
        )
        isProblem(t, answer, `${name} = ${odd.slice(0, 12)}`, [400, 404, 414])
      }
    }
    if (schema) {
      isProblem(t, await ask({ body: '{"subject":' }), 'half a JSON', [400])
      isProblem(t, await ask({ body: `{"x":"${'x'.repeat(1_100_000)}"}` }), 'too large a body', [413])
      isProblem(t, await ask({ body: '{"__proto__":{"role":"admin"}}' }), '__proto__', [400])
      isProblem(t, await ask({ body: '{"constructor":{"prototype":{"a":1}}}' }), 'constructor', [400])
      isProblem(t, await ask({ body: `${'['.repeat(500)}${']'.repeat(500)}` }), 'five hundred brackets', [422])
      isProblem(t, await ask({ body: 'null' }), 'null', [422])
      const forbidden = [
        'id',
        'role',
        'isAdmin',
        'passwordHash',
        'requesterId',
        'organizationId',
        'teamId',
        'createdAt',
        'visibility',
        'scopes',
        'version',
        '$where',
        'expectedVersion',
        'nonsense',
        ...Object.keys(params),
      ]
      for (const name of forbidden.filter((each) => !(each in (schema.properties ?? {})))) {
        const answer = await ask({ body: { ...body, [name]: 'x' } })
        isProblem(t, answer, `a member ${name}`, [422])
        t.match(answer.body.errors, [{ pointer: `/${name}`, code: 'unknown' }], name)
      }
      for (const [name, member] of Object.entries(schema.properties ?? {})) {
        for (const value of wrongValues(member))
          isProblem(
            t,
            await ask({ body: { ...body, [name]: value } }),
            `${name} = ${JSON.stringify(value).slice(0, 30)}`,
            [422, 413],
          )
        if (name.endsWith('Id'))
          isProblem(
            t,
            await ask({ body: { ...body, [name]: 'per_00000000000000000000000000' } }),
            `a foreign ${name}`,
            [422],
          )
      }
      for (const name of schema.required ?? []) {
        const { [name]: _, ...rest } = body ?? {}
        isProblem(t, await ask({ body: rest }), `without ${name}`, [422])
      }
    }
    if (operation.parameters?.some(({ name }) => name === 'if-match')) {
      isProblem(t, await ask({ headers: { 'if-match': '"999"' } }), 'a version that is not yet', [412])
      for (const odd of ['7', '"x"', 'W/"1"', '"0"'])
        isProblem(t, await ask({ headers: { 'if-match': odd } }), `If-Match: ${odd}`, [400])
    }
    t.same(await rows(), before, 'nothing was written')
  })
}

t.test('the requests that these differ from succeed', async (t) => {
  for (const { method, path, operation } of routes) {
    const sample = right[operation.operationId]
    if (!sample || ['uploadAttachment', ...readsByPost].includes(operation.operationId)) continue
    const url = fill(path, (await sample.params?.()) ?? {})
    const headers = { 'idempotency-key': `right-${operation.operationId}` }
    const answer = await call(method, url, { ...(sample.body ? { body: sample.body } : {}), headers })
    t.ok(
      answer.status >= 200 && answer.status < 300,
      `${operation.operationId}: ${answer.status} ${answer.text.slice(0, 200)}`,
    )
    if (!sample.body || !Object.keys(sample.body).length) continue
    const other = await call(method, url, {
      body: {
        ...sample.body,
        ...(operation.operationId === 'assignTicket'
          ? { assigneeId: null }
          : { [Object.keys(sample.body)[0] ?? '']: 'other@example.com' }),
      },
      headers,
    })
    t.ok([422, 400].includes(other.status), `${operation.operationId}: its key for another request is ${other.status}`)
  }
})

t.test('reads refuse what is wrong, too', async (t) => {
  const reads = Object.entries(contract.paths).flatMap(([path, { get }]) => (get ? [{ path, get }] : []))
  t.ok(reads.length > 20)
  for (const { path, get } of reads) {
    const url = path.replace(/\{\w+\}/g, 'tkt_00000000000000000000000000')
    isProblem(t, await call('GET', url, { key: '' }), `${get.operationId} without a credential`, [401])
    isProblem(t, await call('GET', `${url}?nonsense=1`), `${get.operationId} with an unknown parameter`, [400])
    for (const { name } of get.parameters?.filter((parameter) => parameter.in === 'query') ?? []) {
      for (const value of [
        '%00',
        '%ed%a0%80',
        'x'.repeat(5_000),
        "'; drop table tickets;--",
        '-1',
        '1e9',
        '[]',
        '99999999999999999999',
      ]) {
        const { status } = await call('GET', `${url}?${encodeURIComponent(name)}=${value}`)
        t.ok(status < 500, `${get.operationId} ${name}=${value.slice(0, 12)}: ${status}`)
      }
    }
  }
  for (const limit of ['0', '101', '1000000', 'x', '1.5'])
    isProblem(t, await call('GET', `/v1/tickets?limit=${limit}`), `limit=${limit}`, [400])
  for (const sort of ['nonsense', 'subject;', 'number,number,number,number', '--number'])
    isProblem(t, await call('GET', `/v1/tickets?sort=${sort}`), `sort=${sort}`, [400])
  const { nextCursor } = (await call('GET', '/v1/tickets?limit=1')).body
  const tampered = `${nextCursor.startsWith('A') ? 'B' : 'A'}${nextCursor.slice(1)}`
  isProblem(t, await call('GET', `/v1/tickets?limit=1&after=${tampered}`), 'a cursor with one letter changed', [400])
  isProblem(
    t,
    await call('GET', `/v1/tickets?limit=1&after=${nextCursor}`, { key: agent.key }),
    "somebody else's cursor",
    [400],
  )
  isProblem(t, await call('GET', '/v1/nowhere'), 'an unknown route', [404])
  isProblem(t, await call('GET', `/v1/tickets/${'x'.repeat(9_000)}`), 'a long address', [400, 404, 414])
})

t.test('a key is bound by its scopes', async (t) => {
  const { key: narrow } = (await call('POST', '/v1/api-keys', { body: { name: 'Reads', scopes: ['tickets:read'] } }))
    .body
  t.equal((await call('GET', '/v1/tickets', { key: narrow })).status, 200)
  const before = await rows()
  isProblem(t, await call('GET', '/v1/people', { key: narrow }), 'reads people', [403])
  for (const { method, path, operation } of routes) {
    if (readsByPost.includes(operation.operationId)) continue
    const sample = right[operation.operationId]
    const headers = operation.operationId === 'uploadAttachment' ? { 'content-type': 'application/octet-stream' } : {}
    const answer = await call(method, path.replace(/\{\w+\}/g, 'tkt_00000000000000000000000000'), {
      key: narrow,
      headers,
      ...(headers['content-type'] ? { body: 'x' } : sample?.body ? { body: sample.body } : {}),
    })
    isProblem(t, answer, `writes by ${operation.operationId}`, [403])
    t.equal(answer.body.code, 'missing_scope')
  }
  t.same(await rows(), before)
  const { key: one } = (
    await call('POST', '/v1/api-keys', { body: { name: 'Opens', scopes: ['openTicket', 'createApiKey'] } })
  ).body
  t.equal((await call('POST', '/v1/tickets', { key: one, body: right.openTicket?.body })).status, 201)
  t.match(await call('POST', '/v1/api-keys', { key: one, body: { name: 'Wider' } }), {
    status: 403,
    body: { code: 'missing_scope' },
  })
})
