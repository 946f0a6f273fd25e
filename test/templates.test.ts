import t from 'tap'
import { render, templateFaults } from '../src/domain/templates/liquid.ts'
import { startCost } from './support/cost.ts'
import { startDesk } from './support/desk.ts'

const { call, graphql, person, openTicket } = await startDesk(t)

t.test('a template is filled in for a ticket, in the language of its requester, and sent as a reply', async (t) => {
  const added = await call('POST', '/v1/templates', {
    body: {
      key: 'water',
      name: 'Try water',
      folder: 'Fires',
      subject: 'About #{{ ticket.number }}',
      body: 'Dear {{ requester.firstName | default: "customer" }}, **try water** on {{ ticket.subject }}. {{ agent.name }}',
      format: 'markdown',
      locales: { de: { body: 'Hallo {{ requester.firstName }}, bitte mit *Wasser* löschen.' } },
    },
  })
  t.match(added, { status: 201, body: { key: 'water', useCount: 0, version: 1 } })
  const agent = await person('agent')
  const { id } = await openTicket({ requester: { email: 'ruth@good.test', name: 'Ruth Ruby' } })
  const rendered = await call('GET', `/v1/templates/water/render?ticketId=${id}`, { key: agent.key })
  t.match(rendered.body, {
    locale: null,
    subject: /^About #\d+$/,
    body: 'Dear Ruth, **try water** on Printer on fire. Some agent',
    format: 'markdown',
  })
  t.match((await call('GET', `/v1/templates/water/render?ticketId=${id}&locale=de-AT`)).body, {
    locale: 'de',
    body: 'Hallo Ruth, bitte mit *Wasser* löschen.',
  })
  const reply = await call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { template: 'water' } })
  t.match(reply, { status: 201, body: { bodyHtml: /<strong>try water<\/strong>/, bodyText: /^Dear Ruth/ } })
  const { requesterId } = (await call('GET', `/v1/tickets/${id}`)).body
  await call('PATCH', `/v1/people/${requesterId}`, { body: { locale: 'de' } })
  const answer = await graphql(`mutation { postReply(input: { ticketId: "${id}", template: "water" }) { bodyText } }`)
  t.match(answer.body.data.postReply, { bodyText: /^Hallo Ruth/ })
  t.match((await call('GET', '/v1/templates/water')).body, { useCount: 2, version: 1 })
  t.match(await call('PATCH', '/v1/templates/water', { body: { name: 'W' }, headers: { 'if-match': '"9"' } }), {
    status: 412,
    body: { code: 'version_conflict', currentVersion: 1 },
  })
  for (const body of [{}, { body: 'x', template: 'water' }, { template: 'fire' }])
    t.match(await call('POST', `/v1/tickets/${id}/replies`, { body }), { status: 422, body: { code: 'invalid_input' } })
  const ruth = (await call('POST', '/v1/auth/requester-tokens', { body: { personId: requesterId } })).body.accessToken
  t.equal((await call('POST', `/v1/tickets/${id}/replies`, { key: ruth, body: { template: 'water' } })).status, 403)
  t.equal((await call('GET', '/v1/templates', { key: ruth })).status, 403)
})

t.test('a template says category and expected day, in the zone that it names', async (t) => {
  await call('POST', '/v1/categories', { body: { key: 'paper', name: 'Paper' } })
  const day = (zone: string) => `{{ ticket.estimatedResolutionAt | date: "%d/%m/%Y %H:%M"${zone} }}`
  const body = `{{ ticket.category }}: {{ ticket.estimatedResolutionAt }} ${day('')} ${day(', "Europe/Paris"')}.`
  t.equal((await call('POST', '/v1/templates', { body: { key: 'day', name: 'Day', body } })).status, 201)
  const { id } = await openTicket()
  const said = async () => (await call('GET', `/v1/templates/day/render?ticketId=${id}`)).body.body
  t.equal(await said(), ':   .', 'what is empty is an empty word')
  const estimatedResolutionAt = '2026-12-31T23:30:00.000Z'
  const changed = await call('PATCH', `/v1/tickets/${id}`, { body: { category: 'paper', estimatedResolutionAt } })
  t.equal(changed.status, 200, changed.text)
  t.equal(await said(), `paper: ${estimatedResolutionAt} 31/12/2026 23:30 01/01/2027 00:30.`)
})

t.test('a rule replies by a template', async (t) => {
  await call('POST', '/v1/templates', {
    body: { key: 'hours', name: 'Hours', body: 'We are here from nine, {{ requester.email }}.' },
  })
  const rule = {
    key: 'tell_hours',
    name: 'x',
    on: ['ticket.opened'],
    if: { field: 'subject', op: 'contains', value: 'hours' },
  }
  await call('POST', '/v1/rules', { body: { ...rule, then: [{ action: 'postReply', template: 'hours' }] } })
  const { id } = await openTicket({ subject: 'Opening hours?' })
  const { messages } = (await call('GET', `/v1/tickets/${id}?include=messages`)).body
  t.match(messages[1], { bodyText: 'We are here from nine, ruth@example.com.', authorId: null, channel: 'rule' })
  t.match((await call('GET', `/v1/mail/outbound?ticketId=${id}&kind=automatic_reply`)).body.data, [
    { to: 'ruth@example.com', state: 'unrouted' },
  ])
  t.match(await call('GET', `/v1/tickets/${id}`), { body: { firstRepliedAt: null } }, 'nobody has replied yet')
  const merged = await openTicket({ subject: 'Again: opening hours?' })
  await call('POST', `/v1/tickets/${merged.id}/merge`, { body: { into: id } })
  t.match(await call('GET', `/v1/tickets/${id}`), { body: { firstRepliedAt: null } }, 'nor after a merge')
  const { body: reply } = await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Until five.' } })
  t.match(await call('GET', `/v1/tickets/${id}`), { body: { firstRepliedAt: reply.createdAt } })
  await call('DELETE', '/v1/templates/hours')
  const next = await openTicket({ subject: 'Opening hours?' })
  t.match((await call('GET', `/v1/tickets/${next.id}/rule-runs?ruleKey=tell_hours`)).body.data, [{ outcome: 'failed' }])
})

t.test('a macro replies and acts in one step, all of it or nothing', async (t) => {
  const agent = await person('agent')
  const macro = {
    key: 'fire_drill',
    name: 'Fire drill',
    template: 'water',
    actions: [
      { action: 'changeTicket', priority: 'high', addTags: ['drill'] },
      { action: 'assignTicket', assigneeId: agent.id },
      { action: 'postNote', body: 'Drilled.' },
    ],
  }
  t.match(await call('POST', '/v1/macros', { key: agent.key, body: macro }), { status: 201, body: { useCount: 0 } })
  const { id } = await openTicket()
  const applied = await call('POST', '/v1/macros/fire_drill/apply', { key: agent.key, body: { ticketId: id } })
  t.match(applied, { status: 200, body: { done: ['postReply', 'changeTicket', 'assignTicket', 'postNote'] } })
  const ticket = (await call('GET', `/v1/tickets/${id}?include=messages`)).body
  t.match(ticket, { priority: 'high', tags: ['drill'], assigneeId: agent.id, status: 'waiting_on_customer' })
  t.match(
    ticket.messages.map(({ visibility, authorId }: Record<string, string>) => [visibility, authorId === agent.id]),
    [
      ['public', false],
      ['public', true],
      ['internal', true],
    ],
  )
  await call('PATCH', `/v1/people/${agent.id}`, { body: { supportTeam: false } })
  const other = await openTicket()
  const refused = await graphql(
    `mutation { applyMacro(input: { key: "fire_drill", ticketId: "${other.id}" }) { done } }`,
  )
  t.match(refused.body.errors, [{ extensions: { code: 'not_assignable' } }])
  t.match((await call('GET', `/v1/tickets/${other.id}?include=messages`)).body, {
    priority: 'normal',
    tags: [],
    messages: { length: 1 },
  })
  t.match((await call('GET', '/v1/macros/fire_drill')).body, { useCount: 1 })
  t.match(
    await call('POST', '/v1/macros', {
      body: { key: 'bad', name: 'x', actions: [{ action: 'changeTicket', status: 'gone' }] },
    }),
    {
      status: 422,
      body: { errors: [{ pointer: '/actions/0/status' }] },
    },
  )
})

t.test('a template that could not be rendered is refused with a pointer to the fault', async (t) => {
  for (const [members, pointer, more] of [
    [{ body: 'Dear {{ requester.nam }}' }, '/body', { didYouMean: 'requester.name' }],
    [{ body: '{{ ticket.constructor }}' }, '/body', {}],
    [{ body: '{{ secret }}' }, '/body', {}],
    [{ body: '{{ ticket.number | no_filter }}' }, '/body', {}],
    [{ body: '{% if ticket.number %}' }, '/body', {}],
    [{ body: '{% include "x" %}' }, '/body', {}],
    [{ body: '{% render "/etc/passwd" %}' }, '/body', {}],
    [{ body: 'x', subject: '{{ x }}' }, '/subject', {}],
    [{ body: 'x', locales: { de: { body: '{{ y }}' } } }, '/locales/de/body', {}],
  ] as const)
    t.match(
      await call('POST', '/v1/templates', { body: { key: 'bad', name: 'Bad', ...members } }),
      { status: 422, body: { code: 'invalid_input', errors: [{ pointer }], ...more } },
      JSON.stringify(members),
    )
  t.match(await call('POST', '/v1/templates', { body: { key: 'water', name: 'x', body: 'x' } }), {
    status: 409,
    body: { code: 'template_taken' },
  })
})

t.test('hostile Liquid ends soon, touches no file and tells no path (R46)', async (t) => {
  const variables = { ticket: { subject: `<b>${'x'.repeat(1_000)}` } }
  for (const source of [
    '{% for i in (1..100000000) %}{{ i }}{% endfor %}',
    '{% for i in (1..9999) %}{% for j in (1..9999) %}{% for k in (1..9999) %}x{% endfor %}{% endfor %}{% endfor %}',
    '{% assign a = "x" %}{% for i in (1..64) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
    '{{ "x" | times: 99999999999 | prepend: "y" }}{{ ticket.__proto__ }}',
    '{% assign x = "a,b" | split: "," %}{% for i in (1..40) %}{% assign x = x | concat: x %}{% endfor %}{{ x | join: "" }}',
    '{% include "/etc/passwd" %}',
    '{% layout "../../package.json" %}',
    '{{ ticket.subject | replace: "x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" | replace: "x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }}',
    '{% if true %}'.repeat(5_000) + '{% endif %}'.repeat(5_000),
  ]) {
    const cost = startCost()
    const result = render(source, variables, 'text')
    t.ok(cost() < 300, `${source.slice(0, 60)}: ${cost()} ms`)
    const told = JSON.stringify(result)
    t.notMatch(told, /root:|node_modules|devDependencies/, source.slice(0, 60))
    t.notOk(told.includes(process.cwd()))
    t.ok('fault' in result || result.text.length <= 262_144)
  }
  t.same(render('{{ ticket.subject | slice: 0, 3 }}', variables, 'html'), { text: '&lt;b&gt;' })
  t.same(render('{{ ticket.subject | slice: 0, 3 }}', variables, 'text'), { text: '<b>' })
  t.match(templateFaults('{{ ticket.constructor.name }}', variables, '/body'), [{ code: 'unknown_variable' }])
})
