import t, { type Test } from 'tap'
import type { Rows } from '../src/db/client.ts'
import { mergedFrom } from '../src/db/merging.ts'
import type { Sql } from '../src/db/statement.ts'
import { dueDigests } from '../src/domain/notifications/send-digest.ts'
import { startDesk } from './support/desk.ts'

// How the database answers views and searches at a useful size: by indices, whatever the values are. `PLAN_TICKETS=100000` for the full size.

const TICKETS = Number(process.env.PLAN_TICKETS ?? 12_000)

const { call, db, person, receive, system } = await startDesk(t)
const agent = await person('agent')
const ruth = await person('requester', 'ruth@example.com')
for (const field of [
  { key: 'serial_number', type: 'text', visibility: 'requesters' },
  { key: 'seats', type: 'integer' },
  {
    key: 'parts',
    type: 'multiselect',
    options: [
      { key: 'drum', name: 'Drum' },
      { key: 'fuser', name: 'Fuser' },
    ],
  },
])
  await call('POST', '/v1/fields', { body: { name: field.key, ...field } })
const { id: shared } = (await call('POST', '/v1/organizations', { body: { name: 'Acme', sharesTickets: true } })).body
const mona = await person('requester', 'mona@example.com')
await call('PATCH', `/v1/people/${mona.id}`, { body: { organizationId: shared } })
await sow()

/**
 * One ticket in eight is unresolved; fifty agents, four hundred customers, of whom one is Ruth; two messages each; a notice of each ticket,
 * of which one in ten waits for a digest, for twenty people.
 */
async function sow(): Promise<void> {
  const id = (prefix: string, n: string) => `'${prefix}_' || lpad((${n})::text, 26, '0')`
  const like = `(select n, hashint4(n) & 2147483647 as hash, now() - make_interval(secs => (hashint4(n) & 2147483647) % 2592000) as at from generate_series(1, ${TICKETS}) n) as each`
  await db.script(`
    insert into people (id, email, emails, role, acts_as, support_team, version, created_at, updated_at)
      select ${id('per', 'n')}, 'p' || n || '@example.com', '{}', 'requester', 'requester', false, 1, now(), now() from generate_series(1, 400) n;
    insert into tickets (id, number, subject, type, status, status_category, priority, priority_rank, requester_id, organization_id, assignee_id, team_id, tags, fields, channel, created_at, updated_at,
        last_message_at, last_requester_activity_at, last_message_preview, needs_reaction, version, public_version, public_updated_at, customer_conversation_id, internal_conversation_id)
      select ${id('tkt', 'n')}, n + 1000, 'Printer ' || n || ' on fire', 'ticket', s, s, (array['low', 'normal', 'high', 'urgent'])[1 + hash % 4], 1 + hash % 4,
        case when hash % 400 = 7 then '${ruth.id}' else ${id('per', '1 + hash % 400')} end,
        case when n % 3 = 0 then null when n % 50 = 1 then '${shared}' else ${id('org', 'n % 200')} end,
        case when hash % 50 = 1 then null when hash % 50 = 2 then '${agent.id}' else ${id('per', '1 + hash % 50')} end, ${id('tea', 'hash % 5')},
        case when hash % 100 = 0 then '{vip}'::text[] else '{printer}'::text[] end, case when n % 4 = 0 then jsonb_build_object('serial_number', 'S' || n, 'seats', n / 4, 'parts', jsonb_build_array(case when n % 1000 = 0 then 'fuser' else 'drum' end)) else '{}' end, 'email', at, at, at, at, 'It burns', hash % 3 = 0, 1, 1, at, ${id('cnv', '2 * n')}, ${id('cnv', '2 * n + 1')}
      from (select *, case n % 16 when 0 then 'open' when 1 then (case when n % 3 = 0 then 'waiting_on_customer' else 'open' end) else (case when n % 2 = 0 then 'solved' else 'closed' end) end as s from ${like}) as each;
    update tickets set status = 'waiting_on_agent' where status = 'open' and number % 5 = 0;
    alter table messages disable trigger user;
    insert into messages (id, ticket_id, conversation_id, author_id, visibility, channel, body_text, visible_text, attachments, held, created_at)
      select ${id('msg', '10 * n + m')}, ${id('tkt', 'n')}, ${id('cnv', '2 * n')}, '${ruth.id}', 'public', 'email', 'text', 'Message word' || (n % 1000) || ' of the printer on the second floor', '[]', false, now() from generate_series(1, ${TICKETS}) n, generate_series(1, 2) m;
    alter table messages enable trigger user;
    insert into search_texts select id, ticket_id, true, to_tsvector('simple', visible_text) from messages on conflict do nothing;
    insert into notifications (id, person_id, kind, ticket_id, event_id, created_at, awaits_digest)
      select ${id('ntf', 'n')}, ${id('per', '1 + n % 200')}, 'ticket_assigned', ${id('tkt', 'n')}, ${id('evt', 'n')}, at, n % 10 = 0 from ${like}`)
  await db.script('vacuum analyze')
}

const literal = (value: unknown): string => {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]::text[]`
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  Plans?: Plan[]
}

/** The statements of a request that read what there is much of, with the plans that the server makes for them. */
async function plansOf(
  ask: () => Promise<unknown>,
  table = 'tickets',
): Promise<{ text: string; plan: string; scans: string[]; reads: string[] }[]> {
  const seen: Sql[] = []
  const { query } = db
  let revision = 0
  db.query = async <R>(statement: Sql<R>): Promise<Rows<R>> => {
    seen.push(statement)
    const answer = await query(statement)
    if (!statement.text.includes('.xmin::text')) return answer
    // each ticket seems to change between two reads: so a list is seen, read by ids, and read whole, and each way has its plan
    return { ...answer, rows: answer.rows.map((row) => ({ ...row, revision: String(revision++) })) }
  }
  await ask()
  db.query = query
  const large = seen.filter(({ text }) => /"(tickets|search_texts|messages)"|\bnotifications\b/.test(text))
  const plans = []
  for (const { text, values } of large)
    for (const mode of ['force_generic_plan', 'force_custom_plan']) {
      const plan = await explained(text, values, mode)
      plans.push({ text, plan: mode, scans: scansIn(plan), reads: readsIn(plan, table) })
    }
  return plans
}

const explained = (text: string, values: unknown[], mode: string): Promise<Plan> =>
  db.transaction(async (tx) => {
    await tx.query({ text: `set local plan_cache_mode = ${mode}`, values: [] })
    await tx.query({ text: `prepare looked_at as ${text}`, values: [] })
    const given = values.length ? `(${values.map(literal).join(', ')})` : ''
    const { rows } = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
      text: `explain (format json) execute looked_at${given}`,
      values: [],
    })
    await tx.query({ text: 'deallocate looked_at', values: [] })
    const plan = rows[0]?.['QUERY PLAN'][0].Plan
    if (!plan) throw new Error('no plan')
    return plan
  })

const scansIn = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [`reads all of ${plan['Relation Name']}`] : []),
  ...(plan.Plans ?? []).flatMap(scansIn),
]

/** How a plan reads a table. */
const readsIn = (plan: Plan, table: string): string[] => [
  ...(plan['Relation Name'] === table ? [plan['Node Type']] : []),
  ...(plan.Plans ?? []).flatMap((part) => readsIn(part, table)),
]

const LARGE = /tickets|search_texts|messages/
const LATENCY_MS = 2_000

async function usesIndices(t: Test, what: string, ask: () => Promise<{ status: number; text: string }>, rows?: number) {
  const begun = performance.now()
  const answer = await ask()
  t.ok(performance.now() - begun < LATENCY_MS, `${what} takes less than any timeout`)
  t.equal(answer.status, 200, `${what}: ${answer.text.slice(0, 200)}`)
  if (rows !== undefined) t.equal(JSON.parse(answer.text).data.length, rows, `${what} finds`)
  t.comment(`${what}: ${Math.round(performance.now() - begun)} ms`)
  const plans = await plansOf(ask)
  t.ok(plans.length, `${what} asks the database`)
  for (const { text, plan, scans } of plans)
    t.same(
      scans.filter((scan) => LARGE.test(scan)),
      [],
      `${what}, ${plan}: ${text.slice(0, 2_000)}`,
    )
}

t.test('a view and its count use indices', async (t) => {
  for (const key of [
    'unassigned',
    'waiting_on_customer',
    'waiting_on_agent',
    'mine_by_priority',
    'unresolved_by_team',
    'needs_reaction',
  ]) {
    await usesIndices(t, key, () => call('GET', `/v1/views/${key}/tickets?limit=20`, { key: agent.key }))
    await usesIndices(t, `count of ${key}`, () => call('GET', `/v1/views/${key}/count`, { key: agent.key }))
  }
})

t.test('the numbers of a dashboard are counted by an index, and of tickets nothing else is read', async (t) => {
  const ask = () => call('GET', '/v1/statistics/dashboard', { key: agent.key })
  await usesIndices(t, 'dashboard', ask)
  const counting = (await plansOf(ask)).filter(({ text }) => text.includes('grouping sets'))
  t.equal(counting.length, 2)
  for (const { plan, reads } of counting) t.same(reads, ['Index Only Scan'], plan)
})

t.test(
  'whose digest is due is asked of an index alone, and of no notice more than one for each who waits',
  async (t) => {
    const { ids } = await system.read(dueDigests, {})
    t.equal(ids.length, 20)
    const plans = await plansOf(() => system.read(dueDigests, {}), 'notifications')
    t.equal(plans.length, 2)
    for (const { plan, reads } of plans) t.same(reads, ['Index Only Scan', 'Index Only Scan'], plan)
  },
)

t.test('the parts of a ticket are found by an index', async (t) => {
  const whole = (await call('GET', '/v1/tickets?limit=1')).body.data[0]
  await usesIndices(t, 'parts', () => call('GET', `/v1/tickets/${whole.id}/children?limit=20`, { key: agent.key }), 0)
})

t.test('what happened on a ticket, and what of it is unread, are found by indices', async (t) => {
  const { id } = (await call('POST', '/v1/tickets', { body: { subject: 'Mine', body: 'x', requesterId: ruth.id } }))
    .body
  await usesIndices(t, 'timeline', () => call('GET', `/v1/tickets/${id}/timeline?limit=20`, { key: agent.key }))
  await usesIndices(t, 'timeline of a requester', () => call('GET', `/v1/tickets/${id}/timeline`, { key: ruth.key }))
  const mine = '/v1/tickets?assigneeId=me&statusCategory=open&sort=-priority,-updatedAt&limit=50'
  await usesIndices(t, 'unread', () => call('GET', `${mine}&unread=true&include=readState`, { key: agent.key }))
  await usesIndices(t, 'read', () => call('GET', `${mine}&unread=false`, { key: agent.key }))
})

t.test('the tickets that an organization shares are found by an index', async (t) => {
  const as = { key: mona.key }
  const { total } = (await call('GET', '/v1/tickets?includeTotal=true', as)).body
  t.ok(total > TICKETS / 100 && total < TICKETS / 50, `${total} are shared with her`)
  await usesIndices(t, 'shared', () => call('GET', '/v1/tickets?limit=20', as), 20)
  await usesIndices(t, 'shared, by update', () => call('GET', '/v1/tickets?limit=20&sort=-updatedAt', as), 20)
  await usesIndices(t, 'shared and open', () => call('GET', '/v1/tickets?limit=20&statusCategory=open', as))
  const ofAcme = { condition: { field: 'organization.name', op: 'is', value: 'Acme' }, limit: 10 }
  await usesIndices(t, 'of an organization by name', () =>
    call('POST', '/v1/tickets/search', { body: ofAcme, key: agent.key }),
  )
  await usesIndices(t, 'an organization’s', () =>
    call('GET', `/v1/tickets?limit=20&organizationId=${shared}`, { key: agent.key }),
  )
})

t.test('a search uses indices', async (t) => {
  const search =
    (body: unknown, key = agent.key) =>
    () =>
      call('POST', '/v1/tickets/search', { body, key })
  await usesIndices(t, 'a word', search({ query: 'word7', limit: 10 }), 10)
  await usesIndices(t, 'a word and a condition', search({ query: 'word7 priority:>=high', limit: 10 }))
  await usesIndices(t, 'a phrase', search({ query: '"word7 of the printer"', limit: 10 }), 10)
  await usesIndices(t, 'a word in another order', search({ query: 'word7', sort: '-updatedAt', limit: 10 }), 10)
  await usesIndices(t, 'what is mine', search({ query: 'is:mine is:unresolved' }))
  await usesIndices(t, 'a requester’s address', search({ query: 'requester:p7@example.com', limit: 10 }), 10)
  await usesIndices(t, 'a requester’s word', search({ query: 'word7' }, ruth.key))
})

t.test('a word that is everywhere is answered without looking through everything', async (t) => {
  // to see that it is everywhere some thousand rows are read, in whichever order: a plan would not tell where that ends
  for (const key of [agent.key, ruth.key]) {
    const ask = () => call('POST', '/v1/tickets/search', { body: { query: 'printer', limit: 10 }, key })
    const begun = performance.now()
    t.equal((await ask()).body.data.length, 10)
    t.ok(performance.now() - begun < LATENCY_MS)
    t.comment(`everywhere: ${Math.round(performance.now() - begun)} ms`)
    for (const { text, scans } of await plansOf(ask))
      if (text.includes('exists'))
        t.same(
          scans.filter((scan) => LARGE.test(scan)),
          [],
          text.slice(0, 2_000),
        )
  }
})

t.test('what a custom field holds is found by an index, whichever field it is', async (t) => {
  const list =
    (query: string, key = agent.key) =>
    () =>
      call('GET', `/v1/tickets?${query}`, { key })
  await usesIndices(t, 'a serial number', list('fields.serial_number=S8000'), 1)
  await usesIndices(t, 'one of several', list('fields.serial_number=S8000,S8004,S1'), 2)
  await usesIndices(t, 'a number', list('fields.seats=2000'), 1)
  await usesIndices(t, 'an option', list('fields.parts[contains]=fuser&limit=10'), 10)
  await usesIndices(t, 'two fields', list('fields.parts[contains]=drum&fields.seats=7'), 1)
  await usesIndices(t, 'a requester’s own', list('fields.serial_number=S8000', ruth.key))
  await usesIndices(t, 'a condition', () =>
    call('POST', '/v1/tickets/search', { body: { query: 'fields.serial_number:S8000' }, key: agent.key }),
  )
  const condition = { field: 'fields.seats', op: 'in', value: [7, 8] }
  const view = { key: 'seats', name: 'Seats', condition, sort: '-fields.seats' }
  t.equal((await call('POST', '/v1/views', { body: view, key: agent.key })).status, 201)
  await usesIndices(t, 'a view', () => call('GET', '/v1/views/seats/tickets', { key: agent.key }), 2)
  await usesIndices(t, 'its count', () => call('GET', '/v1/views/seats/count', { key: agent.key }))
})

t.test('what no index serves is answered in time: a comparison, and a sort by a custom field', async (t) => {
  for (const query of ['fields.seats[gte]=100&limit=25', 'sort=-fields.seats', 'sort=fields.serial_number&limit=100']) {
    const begun = performance.now()
    t.equal((await call('GET', `/v1/tickets?${query}`, { key: agent.key })).status, 200)
    t.ok(performance.now() - begun < LATENCY_MS, query)
    t.comment(`${query}: ${Math.round(performance.now() - begun)} ms`)
  }
})

t.test('an agent’s open tickets by priority come in the order of an index', async (t) => {
  const seen = await plansOf(() =>
    call('GET', `/v1/tickets?assigneeId=me&statusCategory=open&sort=-priority,-updatedAt&limit=50`, { key: agent.key }),
  )
  t.ok(seen.length)
  for (const { scans } of seen) t.same(scans, [])
})

t.test('what is asked for several at once is found by indices', async (t) => {
  const mail = 'From: ruth@example.com\nMessage-ID: <merged@example.com>\nSubject: Paper'
  const { ticketId } = await receive(`${mail}\n\nNone left`)
  await call('PATCH', `/v1/tickets/${ticketId}`, { body: { status: 'solved' } })
  const seen: Sql[] = []
  const { reading } = db
  db.reading = (work) =>
    reading(({ query }) =>
      work({
        query(statement) {
          seen.push(statement)
          return query(statement)
        },
      }),
    )
  await receive(
    mail.replace('<merged@', '<answer@').replace('\nSubject', '\nIn-Reply-To: <merged@example.com>\nSubject'),
  )
  db.reading = reading
  const merged = seen.flatMap((statement) => mergedFrom([statement, statement]) ?? [])
  t.equal(merged.length, 5, 'the sender, the traces, the mail itself, the ticket, what fired on it')
  for (const { text, values } of merged)
    for (const mode of ['force_generic_plan', 'force_custom_plan']) {
      const scans = scansIn(await explained(text, values, mode))
      t.same(
        scans.filter((scan) => LARGE.test(scan)),
        [],
        `${mode}: ${text}`,
      )
    }
})
