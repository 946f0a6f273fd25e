import { styleText } from 'node:util'
import pg from 'pg'
import { openPostgres } from './postgres.ts'
import { KEY, startKontor } from './servers.ts'

// How far reports and dashboards are from counting the same rows by the same index: the whole request against the bare count, in one run. Ratios only.
// node bench/statistics.ts [tickets] [entries]; BENCH_DATABASE_URL for a server of one's own

const TICKETS = Number(process.argv[2] ?? 100_000)
const ENTRIES = Number(process.argv[3] ?? 1_000_000)
const ROUNDS = 9
const AGENTS = 50

const id = (prefix: string, n: string) => `'${prefix}_' || lpad((${n})::text, 26, '0')`

/** A year of tickets, nine of ten solved, one of ten of those reopened before; ten entries each. */
const SOWN = `
insert into people (id, email, emails, role, acts_as, support_team, version, created_at, updated_at)
  select ${id('per', 'n')}, 'p' || n || '@example.com', '{}', case when n <= ${AGENTS} then 'agent' else 'requester' end, case when n <= ${AGENTS} then 'agent' else 'requester' end, n <= ${AGENTS}, 1, now(), now() from generate_series(1, 2000) n;
insert into tickets (id, number, subject, type, status, status_category, priority, priority_rank, requester_id, assignee_id, team_id, project, tags, fields, channel, created_at, updated_at,
    first_replied_at, solved_at, last_message_at, last_requester_activity_at, last_message_preview, needs_reaction, version, public_version, public_updated_at, customer_conversation_id, internal_conversation_id)
  select ${id('tkt', 'n')}, n, 'Printer ' || n, 'ticket', s, s, (array['low', 'normal', 'high', 'urgent'])[1 + hash % 4], 1 + hash % 4, ${id('per', `${AGENTS} + 1 + hash % 1950`)},
    case when hash % 20 = 0 then null else ${id('per', `1 + hash % ${AGENTS}`)} end, ${id('tea', 'hash % 7')}, null, '{}', '{}', 'email', at, at,
    at + make_interval(secs => hash % 20000), case when s = 'solved' then at + make_interval(secs => hash % 400000) end, at, at, 'It burns', hash % 3 = 0, 1, 1, at, ${id('cnv', '2 * n')}, ${id('cnv', '2 * n + 1')}
  from (select n, hashint4(n) & 2147483647 as hash, now() - interval '370 days' + (n::float8 / ${TICKETS}) * interval '365 days' as at, case when n % 10 = 0 then (case when n % 3 = 0 then 'waiting_on_customer' else 'open' end) else 'solved' end as s from generate_series(1, ${TICKETS}) n) each;
insert into events (id, type, at, actor_kind, actor_id, channel, ticket_id, object_type, object_id, object_version, changes, data, facts)
  select ${id('evt', 'n')}, 'ticket.changed', now() - interval '370 days' + (n::float8 / ${TICKETS}) * interval '365 days', 'system', 'kontor', 'api', ${id('tkt', 'n')}, 'ticket', ${id('tkt', 'n')}, 1,
    case when n % 11 = 0 then '{"solvedAt": {"from": "2026-01-01T00:00:00.000Z", "to": null}}' else '{"status": {"from": "open", "to": "solved"}, "solvedAt": {"from": null, "to": "2026-01-01T00:00:00.000Z"}}' end::jsonb, '{}', '{}' from generate_series(1, ${TICKETS}) n;
insert into time_entries (id, ticket_id, person_id, started_at, ended_at, duration_seconds, billable_seconds, activity, billable, rate, source, state, week, created_at, updated_at, version)
  select ${id('tim', 'n')}, ${id('tkt', `1 + (n - 1) % ${TICKETS}`)}, ${id('per', `1 + n % ${AGENTS}`)}, at, at + make_interval(secs => 60 + n % 7000), 60 + n % 7000, 60 + n % 7000, (array['support', 'phone', 'travel'])[1 + n % 3], true,
    case when n % 2 = 0 then '{"amount": 9000, "currency": "EUR"}'::jsonb end, case when n % 10 = 0 then 'automatic' else 'manual' end, 'open', '2026-W01', at, at, 1
  from (select n, now() - interval '370 days' + (n::float8 / ${ENTRIES}) * interval '365 days' as at from generate_series(1, ${ENTRIES}) n) each;
`

interface Asked {
  name: string
  path: string
  body?: object
  /** Counts the same rows by the same indices. */
  count: string
}

const days = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString()
const month = { from: days(60), to: days(30) }
const within = (column: string, { from, to }: { from: string; to: string }) =>
  `${column} >= '${from}' and ${column} < '${to}'`
const UNRESOLVED = `select count(*) from tickets where status_category in ('open', 'waiting_on_customer', 'waiting_on_other')`
const happened = (
  stretch: typeof month,
) => `select (select count(*) from tickets where ${within('created_at', stretch)}) + (select count(*) from tickets where ${within('solved_at', stretch)})
  + (select count(*) from tickets where ${within('first_replied_at', stretch)}) + (select count(*) from events where type = 'ticket.changed' and changes #>> '{solvedAt,from}' is not null and changes #>> '{solvedAt,to}' is null and ${within('at', stretch)})`
const spent = (stretch: typeof month) => `select count(*) from time_entries where ${within('started_at', stretch)}`
const year = { from: days(400), to: days(0) }

const questions: Asked[] = [
  { name: 'dashboard', path: 'dashboard', count: UNRESOLVED },
  { name: 'distribution by assignee and priority', path: 'distribution', body: { groupBy: ['assignee', 'priority'] }, count: UNRESOLVED },
  { name: 'tickets of a month by team', path: 'tickets', body: { ...month, groupBy: ['team'] }, count: happened(month) },
  { name: 'the same in working time', path: 'tickets', body: { ...month, groupBy: ['team'], calendar: 'office' }, count: happened(month) },
  { name: 'tickets of a year by month', path: 'tickets', body: { ...year, groupBy: ['month'] }, count: happened(year) },
  { name: 'backlog of a month by day', path: 'backlog', body: month, count: `select (select count(*) from tickets where created_at < '${month.to}') + (select count(*) from tickets where solved_at < '${month.to}')` },
  { name: 'time of a month by person', path: `time?groupBy=person&from=${month.from}&to=${month.to}`, count: spent(month) },
  { name: 'time of a month by ticket and activity', path: `time?groupBy=ticket,activity&from=${month.from}&to=${month.to}`, count: spent(month) },
  { name: 'time of a year by person and month', path: 'time?groupBy=person,month', count: spent(year) },
] // biome-ignore format: a table

const median = (took: number[]) => took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const postgres = await openPostgres(process.env.BENCH_DATABASE_URL)
const closings = [postgres.close]
try {
  const url = await postgres.createDatabase('kontor_statistics')
  const kontor = await startKontor(url, 'api', undefined)
  closings.push(kontor.stop)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  closings.push(() => client.end())
  console.log(`Preparing ${TICKETS} tickets and ${ENTRIES} entries …`)
  await client.query(SOWN)
  await client.query('vacuum analyze')
  const ask = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${KEY}`, ...(body ? { 'content-type': 'application/json' } : {}) }
    const sent = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }
    const answer = await fetch(`http://127.0.0.1:${kontor.port}/v1/${path}`, sent)
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return answer.text()
  }
  const hours = [{ from: '08:00', to: '17:00' }]
  const week = { monday: hours, tuesday: hours, wednesday: hours, thursday: hours, friday: hours }
  await ask('calendars', { key: 'office', name: 'Office', timeZone: 'Europe/Vienna', hours: week })
  for (const { name, path, body, count } of questions) {
    const [asked, counted]: [number[], number[]] = [[], []]
    for (let round = 0; round <= ROUNDS; round++) {
      const [request, bare] = [
        await timed(() => ask(`statistics/${path}`, body)),
        await timed(() => client.query(count)),
      ]
      // the first is for caches
      if (round === 0) continue
      asked.push(request)
      counted.push(bare)
    }
    const ratio = median(asked) / median(counted)
    const text = `${name.padEnd(40)} ${ratio.toFixed(1).padStart(6)} × ${median(counted).toFixed(1).padStart(7)} ms`
    console.log(ratio > 10 ? styleText('red', text) : text)
  }
} finally {
  for (const close of closings.reverse()) await close()
}
