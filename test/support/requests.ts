import type { TestDesk } from './desk.ts'

interface RightRequest {
  params?: () => Promise<Record<string, string>>
  body?: Record<string, unknown>
}

/** They ask with a body, and write nothing. */
export const readsByPost = [
  'inspectMail',
  'searchTickets',
  'testRule',
  'ticketReport',
  'backlogReport',
  'ticketDistribution',
]

export const fill = (path: string, params: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ''))

/** A request of each write operation that succeeds for the first admin, on a desk of its own. */
export async function rightRequests({ call, db, openTicket, person, receive, replyAddress }: TestDesk) {
  const agent = await person('agent')
  const team = (await call('POST', '/v1/teams', { body: { name: 'Second line' } })).body
  const spare = (await call('POST', '/v1/mailboxes', { body: { address: 'spare@kontor.localhost' } })).body

  const aTicketId = (await openTicket()).id
  const splittable = await openTicket()
  const splitId = (await call('POST', `/v1/tickets/${splittable.id}/replies`, { body: { body: 'Off' } })).body.id

  const aContractBody = { unit: 'hours', period: 'month', timeZone: 'UTC', startsOn: '2026-01-01', allowance: 3_600 }
  const aContract = async () => {
    const { id } = await person('requester')
    return (await call('POST', '/v1/contracts', { body: { ...aContractBody, name: 'Right', requesterId: id } })).body.id
  }

  /** A request of each operation that succeeds; the wrong ones differ from it by one fault. */
  const right: Record<string, RightRequest> = {
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
    changeOrganization: {
      params: async () => ({ organizationId: await anOrganization() }),
      body: { name: 'Acme & Co' },
    },
    removeOrganization: { params: async () => ({ organizationId: await anOrganization() }) },
    addPersonEmail: { params: async () => ({ personId: agent.id }), body: { email: 'ada@second.example' } },
    removePersonEmail: {
      params: async () => {
        const email = `second-${mails++}@example.com`
        await call('POST', `/v1/people/${agent.id}/emails`, { body: { email } })
        return { personId: agent.id, email }
      },
    },
    setPassword: {
      params: async () => {
        await db.query({ text: 'delete from passwords', values: [] })
        return {}
      },
      body: { password: 'correct horse battery' },
    },
    erasePerson: { params: async () => ({ personId: (await person('requester')).id }), body: { subjects: true } },
    mergePerson: {
      params: async () => ({ personId: (await person('requester')).id }),
      body: { into: (await person('requester')).id },
    },
    invitePerson: { params: async () => ({ personId: agent.id }) },
    sendVerification: { params: async () => ({ personId: agent.id, email: agent.email }) },
    endSession: { params: async () => ({ sessionId: await aSession() }) },
    endSessions: { params: async () => ({ personId: agent.id }) },
    addActivity: { body: { key: 'right_activity', name: 'Right' } },
    changeActivity: { params: async () => ({ key: await anActivity() }), body: { name: 'Right' } },
    removeActivity: { params: async () => ({ key: await anActivity() }) },
    addCalendar: {
      body: {
        key: 'right',
        name: 'Right',
        timeZone: 'Europe/Vienna',
        hours: { monday: [{ from: '08:00', to: '16:00' }] },
      },
    },
    changeCalendar: { params: async () => ({ key: await aCalendar() }), body: { name: 'Right' } },
    removeCalendar: { params: async () => ({ key: await aCalendar() }) },
    addSlaPolicy: {
      body: { key: 'right', name: 'Right', targets: [{ priority: null, resolutionSeconds: 3_600 }] },
    },
    changeSlaPolicy: { params: async () => ({ key: await anSlaPolicy() }), body: { name: 'Right' } },
    removeSlaPolicy: { params: async () => ({ key: await anSlaPolicy() }) },
    beginConversation: {
      params: async () => ({ ticketId: (await openTicket()).id }),
      body: { kind: 'customer', title: 'With the supplier', participants: [{ email: 'supplier@example.com' }] },
    },
    changeConversation: { params: async () => ({ conversationId: await aConversation() }), body: { title: 'Other' } },
    addParticipant: {
      params: async () => ({ conversationId: await aConversation() }),
      body: { personId: agent.id },
    },
    removeParticipant: {
      params: async () => {
        const conversationId = await aConversation()
        await call('POST', `/v1/conversations/${conversationId}/participants`, { body: { personId: agent.id } })
        return { conversationId, personId: agent.id }
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
    addFollower: {
      params: async () => ({ ticketId: (await openTicket()).id }),
      body: { email: 'follower@example.com' },
    },
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
    addContract: { body: { ...aContractBody, name: 'Right', requesterId: agent.id } },
    changeContract: { params: async () => ({ contractId: await aContract() }), body: { name: 'Other' } },
    endContract: { params: async () => ({ contractId: await aContract() }) },
    adjustContract: { params: async () => ({ contractId: await aContract() }), body: { amount: 60, note: 'Paid for' } },
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
    ticketReport: { body: { from: '2026-01-01T00:00:00Z', groupBy: ['team', 'month'] } },
    backlogReport: { body: { from: new Date(Date.now() - 86_400_000).toISOString() } },
    ticketDistribution: { body: { groupBy: ['priority'] } },
    searchTickets: { body: { query: 'is:open printer' } },
    uploadAttachment: {},
    inspectMail: {},
  }

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
    const rcptTo = await replyAddress(id, 'ruth@example.com')
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
  async function aConversation(): Promise<string> {
    const { id } = await openTicket()
    const body = { kind: 'internal', title: 'Among us', participants: [] }
    return (await call('POST', `/v1/tickets/${id}/conversations`, { body })).body.id
  }
  let activitiesMade = 0
  async function anActivity() {
    const key = `activity_${activitiesMade++}`
    await call('POST', '/v1/activities', { body: { key, name: 'Spare' } })
    return key
  }

  let calendarsMade = 0
  async function aCalendar(): Promise<string> {
    const key = `calendar_${calendarsMade++}`
    const hours = { monday: [{ from: '08:00', to: '16:00' }] }
    await call('POST', '/v1/calendars', { body: { key, name: 'Spare', timeZone: 'UTC', hours } })
    return key
  }
  let policiesMade = 0
  async function anSlaPolicy(): Promise<string> {
    const key = `policy_${policiesMade++}`
    const targets = [{ priority: null, firstReplySeconds: 3_600 }]
    await call('POST', '/v1/sla-policies', { body: { key, name: 'Spare', targets } })
    return key
  }
  async function aSession(): Promise<string> {
    const { id } = (await call('GET', '/v1/me')).body
    const { rows: made } = await db.query<{ id: string }>({
      text: `insert into sessions (id, person_id, family_hash, refresh_hash, created_at, last_used_at, expires_at)
        values ('ses_' || gen_random_uuid(), $1, '', '', now(), now(), now() + interval '1 day') returning id`,
      values: [id],
    })
    return made[0]?.id ?? ''
  }

  return { right, agent }
}
