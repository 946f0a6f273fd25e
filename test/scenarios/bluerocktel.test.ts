import t from 'tap'
import { type Answer, startDesk } from '../support/desk.ts'

// The helpdesk of BlueRockTEL as its manual tells it: a ticket is opened, somebody of the support team takes it and works on it, reports,
// answers and closes, and the client hears of each phase by mail. With the points of a contract, the time, and the figures of a month.
// Through the public API and by mail alone: the desk is configured here, nothing of it is built in.

const env = { SMTP_TRUSTED_RELAYS: '127.0.0.1', SMTP_AUTHSERV_IDS: 'mx.telecom.example' }
let now = Date.parse('2026-11-16T08:00:00.000Z') // a Monday
const wait = (minutes: number) => {
  now += minutes * 60_000
}
const { call, graphql, person, receive } = await startDesk(t, env, () => new Date(now))

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Json = any

const done = async (answer: Promise<Answer>): Promise<Json> => {
  const { status, body, text } = await answer
  if (status >= 300) throw new Error(text)
  return body
}
const post = (path: string, body: object, key?: string) => call('POST', path, { body, ...(key ? { key } : {}) })
const patch = (path: string, body: object, key?: string) => call('PATCH', path, { body, ...(key ? { key } : {}) })
const made = (path: string, body: object) => done(post(path, body))
const changed = (path: string, body: object) => done(patch(path, body))

const CLAIRE = 'claire@acme.example'
const [paul, marie] = [await person('agent', 'paul@telecom.example'), await person('agent', 'marie@telecom.example')]
const acme = await made('/v1/organizations', { name: 'Acme', domains: ['acme.example'], sharesTickets: true })
const claire = await person('requester', CLAIRE)
await changed(`/v1/people/${claire.id}`, { name: 'Claire Martin', locale: 'fr' })
// a token would have expired by the real clock
const { key: clairesKey } = await made('/v1/api-keys', { name: 'portal', personId: claire.id })

// ── the desk: phases and their mails, the ways between them, what follows by itself ──

const template = (key: string, subject: string, body: string, fr: { subject: string; body: string }) =>
  made('/v1/templates', { key, name: key, subject, body, locales: { fr } })
await template('opened', 'Opened', 'We have your request {{ ticket.number }}.', {
  subject: 'Demande ouverte',
  body: 'Votre demande {{ ticket.number }} est ouverte.',
})
await template('taken', 'In progress', 'Request {{ ticket.number }} is being worked on.', {
  subject: 'Demande en cours',
  body: '{{ requester.firstName }}, nous traitons « {{ ticket.subject }} ».',
})
await template('reported', 'Report', 'The work on {{ ticket.number }} is reported.', {
  subject: "Rapport d'intervention",
  body: "L'intervention {{ ticket.number }} est faite, la réponse suit.",
})
await template('ended', 'Closed', 'Request {{ ticket.number }} is closed.', {
  subject: 'Demande clôturée',
  body: 'Votre demande {{ ticket.number }} est clôturée.',
})
await template('answer', 'Answer', 'Dear {{ requester.firstName }}, please restart the box. {{ agent.name }}', {
  subject: 'Réponse',
  body: 'Bonjour {{ requester.firstName }}, veuillez redémarrer la box. {{ agent.name }}',
})
await template('news', 'News', 'Priority {{ ticket.priority }}.', {
  subject: 'Du nouveau',
  body: 'Priorité {{ ticket.priority }}, catégorie {{ ticket.category }}, prévu le {{ ticket.estimatedResolutionAt | date: "%d/%m/%Y" }}.',
})

const told = (key: string, more: object) => ({ key, name: key, requesterLabel: key, notifyRequester: true, ...more })
await made('/v1/statuses', told('in_progress', { category: 'open', requesterLabel: 'En cours', template: 'taken' }))
await made('/v1/statuses', told('report', { category: 'open', requesterLabel: 'Rapport', template: 'reported' }))
// the answer itself is the mail of this phase
await made('/v1/statuses', told('answered', { category: 'waiting_on_customer', notifyRequester: false }))
await changed('/v1/statuses/closed', { notifyRequester: true, template: 'ended' })
await made('/v1/categories', { key: 'telephony', name: 'Telephony' })
await done(
  call('PUT', '/v1/types/ticket/workflow', {
    body: {
      statuses: ['open', 'in_progress', 'report', 'answered', 'closed'],
      transitions: [
        { from: ['open'], to: 'in_progress', requires: { fields: ['assigneeId'] } },
        { from: ['in_progress'], to: 'report', requires: { message: 'internal', time: true } },
        { from: ['report'], to: 'answered', requires: { message: 'public' } },
        { from: ['answered'], to: 'in_progress' },
        { from: ['answered'], to: 'closed' },
        { from: ['closed'], to: 'open' },
      ],
    },
  }),
)
await changed('/v1/rules/acknowledge_new_ticket', { then: [{ action: 'acknowledgeTicket', template: 'opened' }] })
await changed('/v1/rules/tell_requester_of_each_phase', { enabled: true })
await changed('/v1/rules/agent_reply_waits_for_customer', { enabled: false })
await changed('/v1/rules/customer_reply_waits_for_agent', { then: [{ action: 'changeTicket', status: 'in_progress' }] })
await made('/v1/rules', {
  key: 'who_takes_it_works_on_it',
  name: 'A ticket that somebody takes is in progress',
  on: ['ticket.assigned'],
  if: {
    all: [
      { field: 'assigneeId', op: 'present' },
      { field: 'status', op: 'is', value: 'open' },
    ],
  },
  then: [{ action: 'changeTicket', status: 'in_progress' }],
})
await made('/v1/rules', {
  key: 'tell_changes',
  name: 'The client hears of another priority, category or date',
  on: ['ticket.changed'],
  if: { any: ['priority', 'category', 'estimatedResolutionAt'].map((field) => ({ field, op: 'changed' })) },
  then: [{ action: 'postReply', template: 'news' }],
})
await made('/v1/rules', {
  key: 'contract_is_low',
  name: 'Sales hear that the points run out',
  on: ['contract.threshold_reached'],
  if: { all: [] },
  then: [
    { action: 'sendMail', to: 'sales@telecom.example', subject: 'Points', body: 'Acme has used up most of them.' },
  ],
})
// twenty points a month, ten an hour; an urgent entry counts double, and half an hour at least
const contract = await made('/v1/contracts', {
  name: 'Points',
  organizationId: acme.id,
  unit: 'points',
  allowance: 2_000,
  period: 'month',
  timeZone: 'Europe/Paris',
  startsOn: '2026-11-01',
  pointsPerHour: 1_000,
  roundToSeconds: 900,
  terms: [{ if: { field: 'priority', op: 'is', value: 'urgent' }, factorPercent: 200, minimumSeconds: 1_800 }],
  overage: 'block',
  thresholds: [75],
})

// ── one ticket from its first mail to its end ──

let ticket: Json
const path = (more = '') => `/v1/tickets/${ticket.id}${more}`
const standing = async (key?: string) => (await call('GET', path(), key ? { key } : {})).body
const sent = async (to: string): Promise<Json[]> =>
  (await call('GET', `/v1/mail/outbound?ticketId=${ticket.id}&limit=100`)).body.data
    .filter((mail: Json) => mail.to === to)
    .reverse()
const subjects = async (to: string) => (await sent(to)).map(({ subject }) => subject)
/** What the last mail to somebody says: of a reply its message, else what the ledger keeps. */
const lastWords = async (to: string): Promise<string> => {
  const mail = (await sent(to)).at(-1)
  const { bodyText } = (await call('GET', `/v1/mail/outbound/${mail.id}/why`)).body
  if (bodyText !== null) return bodyText
  return (await call('GET', `/v1/messages/${mail.ticketMessageId}`)).body.bodyText
}
const blocked = async (status: string) => {
  const { data } = (await call('GET', path('/transitions'), { key: paul.key })).body
  const { allowed, missing } = data.find((offer: Json) => offer.status === status)
  return { allowed, missing: missing.map(({ kind }: Json) => kind) }
}
const balance = async (key?: string) =>
  (await call('GET', `/v1/contracts/${contract.id}/balance`, key ? { key } : {})).body

const mail = (from: string, subject: string, body: string) =>
  receive(
    `Authentication-Results: mx.telecom.example; dmarc=pass header.from=${from.split('@')[1]}\nFrom: Claire Martin <${from}>
To: support@kontor.localhost\nSubject: ${subject}\nMessage-ID: <${now}@acme.example>\n\n${body}\n`,
    { mailFrom: from },
  )

t.test('Open: a mail is a ticket of the client who wrote it, and says so to them', async (t) => {
  const filed = await mail(CLAIRE, 'No dial tone', 'Since this morning.')
  t.match(filed, { verdict: 'ticket_created' })
  ticket = (await call('GET', `/v1/tickets/${filed.ticketId}`)).body
  t.match(ticket, {
    status: 'open',
    subject: 'No dial tone',
    requesterId: claire.id,
    organizationId: acme.id,
    assigneeId: null,
  })
  t.same(await subjects(CLAIRE), [`Demande ouverte #[${ticket.number}]`])
  t.equal((await lastWords(CLAIRE)).trim(), `Votre demande ${ticket.number} est ouverte.`)
})

t.test('the support team: whoever is not in it takes no ticket and is given none', async (t) => {
  const zoe = await person('agent', 'zoe@telecom.example')
  await changed(`/v1/people/${zoe.id}`, { supportTeam: false })
  const given = () => call('PUT', path('/assignment'), { body: { assigneeId: zoe.id } })
  t.match(await given(), { status: 422, body: { code: 'not_assignable' } })
  t.match(await post(path('/claim'), {}, zoe.key), { status: 422, body: { code: 'not_assignable' } })
  t.match(await standing(), { assigneeId: null, status: 'open' })
  const { data } = (await call('GET', '/v1/people?supportTeam=true&limit=100')).body
  t.notOk(
    data.some(({ id }: Json) => id === zoe.id),
    'nor is offered',
  )
})

t.test('In progress: of two who take it at once one has it, and the client is told', async (t) => {
  wait(15)
  const claims = await Promise.all([paul, marie].map(({ key }) => call('POST', path('/claim'), { key })))
  t.same(claims.map(({ status }) => status).sort(), [200, 409])
  const { assigneeId, status } = await standing()
  t.equal(status, 'in_progress')
  t.match(
    claims.find((claim) => claim.status === 409),
    { body: { code: 'already_claimed', assigneeId } },
  )
  await done(call('PUT', path('/assignment'), { body: { assigneeId: paul.id } }))
  t.equal((await standing()).status, 'in_progress', 'given to another it stays in progress')
  t.same((await subjects(CLAIRE)).slice(1), [`Demande en cours #[${ticket.number}]`], 'one mail, and one only')
  t.equal((await lastWords(CLAIRE)).trim(), 'Claire, nous traitons « No dial tone ».')
  t.match(await standing(clairesKey), { assigneeId: null, status: 'in_progress' })
})

const BOSS = 'boss@acme.example'
t.test('a further address is informed, and a change that matters is told to both', async (t) => {
  await made(path('/followers'), { email: BOSS })
  const before = [await sent(CLAIRE), await sent(BOSS)].map(({ length }) => length)
  t.equal(before[1], 0, 'nothing of the past')
  await done(patch(path(), { addTags: ['line'] }, paul.key))
  t.same(
    [await sent(CLAIRE), await sent(BOSS)].map(({ length }) => length),
    before,
    'a tag is nobody’s business',
  )
  const news = { priority: 'urgent', category: 'telephony', estimatedResolutionAt: '2026-11-17T16:00:00.000Z' }
  await done(patch(path(), news, paul.key))
  for (const [to, had] of [
    [CLAIRE, before[0]],
    [BOSS, before[1]],
  ] as const) {
    const mails = await sent(to)
    t.equal(mails.length, (had ?? 0) + 1, `one mail to ${to}`)
    t.match(mails.at(-1), { kind: 'automatic_reply', subject: new RegExp(`#\\[${ticket.number}\\]`) })
    t.match(await lastWords(to), 'Priorité urgent, catégorie telephony, prévu le 17/11/2026.')
  }
  t.equal((await standing()).firstRepliedAt, null, 'a rule has not answered for anybody')
})

t.test('Report: not without a note and time; time that was measured is kept apart', async (t) => {
  t.same(await blocked('report'), { allowed: false, missing: ['message', 'time'] })
  const look = () => post(path('/attention'), {}, paul.key)
  t.equal((await post(path('/timer/start'), { activity: 'phone' }, paul.key)).status, 201)
  for (let minute = 0; minute < 10; minute++) {
    await done(look())
    wait(1)
  }
  await done(post(path('/timer/pause'), {}, paul.key))
  wait(30)
  t.match(await patch(path(), { status: 'report' }, paul.key), {
    status: 409,
    body: { code: 'transition_not_allowed', from: 'in_progress', to: 'report' },
  })
  await done(post(path('/notes'), { body: 'The box has lost its line.' }, paul.key))
  t.same(await blocked('report'), { allowed: false, missing: ['time'] })
  t.match(await done(post(path('/timer/stop'), {}, paul.key)), { durationSeconds: 600, activity: 'phone' })
  const { body: moved } = await graphql(
    'mutation ($id: ID!) { changeTicket(input: { ticketId: $id, status: "report" }) { status } }',
    { id: ticket.id },
    { key: paul.key },
  )
  t.same(moved.data, { changeTicket: { status: 'report' } })
  t.match((await call('GET', path('/time'))).body, {
    own: { seconds: 600, billableSeconds: 600, measuredSeconds: 540 },
  })
  t.equal((await subjects(CLAIRE)).at(-1), `Rapport d'intervention #[${ticket.number}]`)
  t.match(await lastWords(CLAIRE), `L'intervention ${ticket.number} est faite`)
  t.notMatch(JSON.stringify((await call('GET', path('/timeline'), { key: clairesKey })).body), /lost its line|timer/)
})

t.test('the points of the contract: half an hour at least, twice as much where it is urgent', async (t) => {
  t.match(await balance(clairesKey), { balance: 1_000, drawn: 1_000, granted: 2_000 })
  const [drawdown] = (await call('GET', `/v1/contracts/${contract.id}/ledger`)).body.data
  t.match(drawdown, {
    kind: 'drawdown',
    amount: -1_000,
    ticketId: ticket.id,
    explanation: { billableSeconds: 600, countedSeconds: 1_800, term: 0, factorPercent: 200, units: 1_000 },
  })
  t.same(await sent('sales@telecom.example'), [], 'half of them are left')
})

t.test('Answer: a ready answer in the words of the client, to all who are informed', async (t) => {
  wait(10)
  t.match(await patch(path(), { status: 'answered' }, paul.key), { status: 409 }, 'not without an answer')
  const rendered = await call('GET', `/v1/templates/answer/render?ticketId=${ticket.id}`, { key: paul.key })
  t.match(rendered.body, { body: 'Bonjour Claire, veuillez redémarrer la box. Some agent', locale: 'fr' })
  t.equal((await post(path('/replies'), { template: 'answer', status: 'answered' }, paul.key)).status, 201)
  t.match(await standing(), { status: 'answered', firstRepliedAt: new Date(now).toISOString(), needsReaction: false })
  for (const to of [CLAIRE, BOSS]) {
    t.match((await sent(to)).at(-1), { kind: 'reply', subject: new RegExp(`#\\[${ticket.number}\\]`) })
    t.match(await lastWords(to), 'Bonjour Claire, veuillez redémarrer la box.')
  }
})

t.test('the client answers by mail: it is in progress again, and goes the same way', async (t) => {
  wait(60)
  const filed = await mail(CLAIRE, `Re: No dial tone #[${ticket.number}]`, 'Still nothing.')
  t.match(filed, { verdict: 'message_added', ticketId: ticket.id })
  t.match(await standing(), { status: 'in_progress', needsReaction: true })
  t.equal((await subjects(CLAIRE)).at(-1), `Demande en cours #[${ticket.number}]`)
  t.same(await blocked('report'), { allowed: false, missing: ['message', 'time'] }, 'what was done before is of before')
  wait(60)
  t.match(await post(path('/time-entries'), { durationSeconds: 3_600, activity: 'on_site' }, paul.key), {
    status: 409,
    body: { code: 'contract_exhausted', contractId: contract.id, unit: 'points', remaining: 1_000, needed: 2_000 },
  })
  const entry = await done(post(path('/time-entries'), { durationSeconds: 1_800, activity: 'on_site' }, paul.key))
  t.equal(entry.billableSeconds, 1_800)
  t.match(await balance(), { balance: 0, available: 0 })
  t.equal((await sent('sales@telecom.example')).length, 1, 'sales hear of it, once')
  await done(post(path('/notes'), { body: 'A new box.' }, paul.key))
  await done(patch(path(), { status: 'report' }, paul.key))
  await done(post(path('/replies'), { body: 'Voici une nouvelle box.', status: 'answered' }, paul.key))
})

t.test('Closed: and the ledger has one mail for each phase', async (t) => {
  t.match(await post(path('/replies'), { body: 'x', status: 'report' }, paul.key), { status: 409 })
  wait(30)
  await done(patch(path(), { status: 'closed' }, paul.key))
  t.match(await standing(clairesKey), { statusCategory: 'closed', closedAt: new Date(now).toISOString() })
  t.match(await lastWords(CLAIRE), `Votre demande ${ticket.number} est clôturée.`)
  const tag = `#[${ticket.number}]`
  t.same(await subjects(CLAIRE), [
    `Demande ouverte ${tag}`,
    `Demande en cours ${tag}`,
    `Re: No dial tone ${tag}`, // news
    `Rapport d'intervention ${tag}`,
    `Re: No dial tone ${tag}`, // the answer
    `Demande en cours ${tag}`,
    `Rapport d'intervention ${tag}`,
    `Re: No dial tone ${tag}`,
    `Demande clôturée ${tag}`,
  ])
  t.equal((await sent(BOSS)).length, 4, 'what was said, no phases')
  t.same(
    (await call('GET', path('/rule-runs?limit=100'))).body.data.filter(({ outcome }: Json) => outcome === 'failed'),
    [],
  )
})

t.test('the client sees the points that are left, and not why', async (t) => {
  const { body } = await graphql(
    `query ($id: ID!) { contracts { nodes { id terms { factorPercent } } } contractBalance(contractId: $id) { balance granted drawn }
      contractLedger(contractId: $id) { nodes { kind amount explanation { term } } } }`,
    { id: contract.id },
    { key: clairesKey },
  )
  t.same(body.data, {
    contracts: { nodes: [{ id: contract.id, terms: null }] },
    contractBalance: { balance: 0, granted: 2_000, drawn: 2_000 },
    contractLedger: {
      nodes: [
        { kind: 'drawdown', amount: -1_000, explanation: null },
        { kind: 'drawdown', amount: -1_000, explanation: null },
        { kind: 'grant', amount: 2_000, explanation: null },
      ],
    },
  })
})

t.test('the week is handed in and approved; then it stands', async (t) => {
  const sheet = `/v1/timesheets/${paul.id}/2026-W47`
  t.match((await call('GET', sheet, { key: paul.key })).body, {
    state: 'open',
    seconds: 2_400,
    billableSeconds: 2_400,
    days: [{ on: '2026-11-16', seconds: 2_400 }],
    tickets: [{ ticketId: ticket.id, seconds: 2_400 }],
  })
  t.match(await post(`${sheet}/submit`, {}, paul.key), { status: 200, body: { state: 'submitted' } })
  t.equal((await post(`${sheet}/approve`, {}, marie.key)).status, 403)
  t.match(await post(`${sheet}/approve`, {}), { status: 200, body: { state: 'approved' } })
  const more = { durationSeconds: 60, billable: false }
  t.match(await post(path('/time-entries'), more, paul.key), { status: 409, body: { code: 'timesheet_closed' } })
})

t.test('reports of the time by agent, ticket and client, as JSON and as a table', async (t) => {
  const report = async (groupBy: string, accept = 'application/json') =>
    call('GET', `/v1/statistics/time?groupBy=${groupBy}`, { key: marie.key, headers: { accept } })
  for (const [groupBy, key, name] of [
    ['person', paul.id, 'Some agent'],
    ['ticket', ticket.id, `#${ticket.number} No dial tone`],
    ['organization', acme.id, 'Acme'],
  ] as const) {
    t.match((await report(groupBy)).body, {
      rows: [{ keys: [key], names: [name], entries: 2, seconds: 2_400, billableSeconds: 2_400 }],
    })
    const table = await report(groupBy, 'text/csv')
    t.match(table.headers['content-type'], /^text\/csv/)
    t.same(table.text.split('\r\n').slice(1), [`"${key}","${name}","2","2400","2400",""`, ''])
  }
  const byActivity = (await report('activity')).body.rows.map(({ keys, seconds }: Json) => [keys[0], seconds])
  t.same(
    byActivity.sort(([a]: string[], [b]: string[]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    [
      ['on_site', 1_800],
      ['phone', 600],
    ],
  )
  const measured = await call('GET', '/v1/statistics/time?groupBy=person&measured=true', { key: marie.key })
  t.match(measured.body.rows, [{ keys: [paul.id], seconds: 540, billableSeconds: 0 }])
})

t.test('figures: how long clients waited for an answer and for the end, and how work is spread', async (t) => {
  const opened = Date.parse(ticket.createdAt)
  const { firstRepliedAt, closedAt } = await standing()
  const [toAnswer, toEnd] = [firstRepliedAt, closedAt].map((at) => (Date.parse(at) - opened) / 1_000)
  t.same([toAnswer, toEnd], [65 * 60, 215 * 60])
  const { body } = await post('/v1/statistics/tickets', {
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
    timeZone: 'Europe/Paris',
    groupBy: ['assignee'],
  })
  t.match(body.rows, [
    {
      keys: [paul.id],
      opened: 1,
      solved: 1,
      reopened: 0,
      firstReply: { tickets: 1, medianSeconds: toAnswer },
      resolution: { tickets: 1, medianSeconds: toEnd },
    },
  ])
  const { id } = await made('/v1/tickets', { subject: 'Fax', body: 'x', requesterId: claire.id, priority: 'low' })
  await done(post(`/v1/tickets/${id}/claim`, {}, marie.key))
  const spread = await graphql(
    '{ ticketDistribution(input: { groupBy: [assignee, status] }) { rows { keys tickets } } }',
  )
  t.same(spread.body.data.ticketDistribution.rows, [{ keys: [marie.id, 'in_progress'], tickets: 1 }])
  const list = (await call('GET', '/v1/tickets?sort=priority,-createdAt', { key: marie.key })).body.data
  t.same(
    list.map((each: Json) => each.priority),
    ['low', 'urgent'],
    'lists are sorted by any column',
  )
})
