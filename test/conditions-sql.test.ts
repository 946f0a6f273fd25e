import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import { prepareSql, unnamed } from '../src/db/statement.ts'
import { fieldTypes } from '../src/domain/fields/schema.ts'
import type { OrganizationFacts } from '../src/domain/organizations/schema.ts'
import { type TicketFacts, ticketFields } from '../src/domain/tickets/conditions.ts'
import { type Requester, type TicketRow, ticketFacts } from '../src/domain/tickets/decide.ts'
import { tickets } from '../src/domain/tickets/table.ts'
import { vocabulary } from '../src/domain/types/store.ts'
import { SYSTEM } from '../src/kernel/actor.ts'
import { type Condition, type Field, type Op, operators, opsOf } from '../src/kernel/condition/language.ts'
import { parseCondition, readCondition } from '../src/kernel/condition/parse.ts'
import { predicateOf } from '../src/kernel/condition/predicate.ts'
import { questionOf, sqlOf } from '../src/kernel/condition/question.ts'
import { onPostgres } from './support/database.ts'
import { startDesk } from './support/desk.ts'

// What a predicate says of one ticket, SQL must say of many: the same random conditions and tickets get the same answer.

const { db, call, person } = await startDesk(t)
const admin = (await call('GET', '/v1/me')).body.id
const asking = { me: admin, now: '2026-11-22T12:00:00.000Z' }
const ruth = await person('requester', 'Ruth@example.com')
const carl = await person('requester', 'carl@example.com')
await db.script(
  `update people set locale = 'de', name = 'Ärger & Söhne' where id = '${ruth.id}'; update people set name = null where id = '${carl.id}'`,
)

const organizations: string[] = await Promise.all(
  [
    { name: 'Ärger & Söhne', domains: ['a.test', 'b.test'] },
    { name: 'printer', domains: [] },
    { name: "it's", domains: ['c.test'] },
  ].map(async (body) => (await call('POST', '/v1/organizations', { body })).body.id),
)

const texts = [
  'Printer on fire', 'printer', 'PRINTER', 'Ärger', 'ärger', 'İstanbul', 'ıI', 'Straße', 'STRASSE', 'ΣΊΣΥΦΟΣ ς σ', 'Ёлка ёлка', '%', '_', '\\', '\\%', "';--", 'a%b_c',
  'e\u0301', 'é', '😀 smile', '\u{1f525}', 'tab\there', ' ', 'ﬁ', 'Ǆ ǆ', '٣', 'x'.repeat(300), 'ÿŸ', 'K\u212a', 'ſ', '{a,b}', 'null', 'NULL', 'true', '"quoted"', '\u200b', '\ufeff',
] // biome-ignore format: a list of texts
const moments = [
  '2026-11-22T12:00:00.000Z',
  '2026-11-21T12:00:00.000Z',
  '2026-11-15T12:00:00.001Z',
  '2026-11-29T12:00:00.000Z',
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '2026-11-22T11:59:59.999Z',
]
const tags = ['vip', 'VIP', 'ärger', '%', 'a"b', '{', '\\', 'null', "it's"]

const text = fc.constantFrom(...texts)
const moment = fc.constantFrom(...moments)
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 2 })
const reference = fc.constantFrom(admin, ruth.id, carl.id)

const options3 = ['red', 'green', 'blue'].map((key) => ({ key, name: key }))
for (const type of fieldTypes) {
  const body = { key: `a_${type}`, name: type, type, ...(type.endsWith('select') ? { options: options3 } : {}) }
  if ((await call('POST', '/v1/fields', { body })).status !== 201) throw new Error(`no field of the type ${type}`)
}

for (const key of ['hardware', 'software', 'other'])
  for (const path of ['categories', 'projects']) await call('POST', `/v1/${path}`, { body: { key, name: key } })

const words = await vocabulary.load(db)
const fields = ticketFields(words)
const options = (name: string) => fc.constantFrom(...(fields.get(name)?.options ?? []))

const days = ['2026-11-22', '2026-11-21', '2026-11-15', '0001-01-01', '9999-12-31', '2024-02-29']
const decimals = [0, 0.1, 0.30000000000000004, 0.3, -2.5, 1e-9, 9_007_199_254_740_991, -9_007_199_254_740_991, 1.25, 3]
const chosen = fc.constantFrom(...options3.map(({ key }) => key))
const someFields = fc.record(
  {
    a_text: text,
    a_integer: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, 2_147_483_648)),
    a_decimal: fc.constantFrom(...decimals),
    a_boolean: fc.boolean(),
    a_date: fc.constantFrom(...days),
    a_datetime: moment,
    a_select: chosen,
    a_multiselect: fc.uniqueArray(chosen, { minLength: 1 }),
    a_url: fc.constantFrom('https://example.com/%25?q=a', 'http://EXAMPLE.com/%'),
    a_person: reference,
  },
  { requiredKeys: [] },
)

const aTicket = fc.record({
  fields: fc.oneof(someFields, fc.constant({})),
  subject: fc.oneof(text, fc.constant('')),
  type: options('type'),
  status: options('status'),
  statusCategory: options('statusCategory'),
  priority: options('priority'),
  category: orNull(fc.constantFrom('hardware', 'software')),
  requesterId: fc.constantFrom(ruth.id, carl.id),
  organizationId: orNull(fc.constantFrom(...organizations, 'org_gone')),
  assigneeId: orNull(reference),
  teamId: orNull(fc.constantFrom('tea_1', 'tea_2')),
  parentId: orNull(fc.constant('tkt_x')),
  tags: fc.uniqueArray(fc.constantFrom(...tags), { maxLength: 3 }),
  channel: options('channel'),
  dueAt: orNull(moment),
  createdAt: moment,
  updatedAt: moment,
  firstRepliedAt: orNull(moment),
  lastActivityBy: orNull(reference),
  lastMessagePreview: orNull(text),
  needsReaction: fc.boolean(),
  spam: fc.boolean(),
  snoozedAt: orNull(moment),
  snoozedUntil: orNull(moment),
  version: fc.integer({ min: -3, max: 3 }),
})

const made = fc.sample(aTicket, { numRuns: 80, seed: 20261122 })
await db.query({
  text: `insert into tickets select * from jsonb_populate_recordset(null::tickets, $1::jsonb)`,
  values: [
    JSON.stringify(
      made.map((each, n) =>
        snaked({
          id: `tkt_${n}`,
          number: n - 3,
          priorityRank: words.priorities.get(each.priority)?.position,
          publicVersion: 1,
          publicUpdatedAt: asking.now,
          customerConversationId: 'cnv_1',
          internalConversationId: 'cnv_2',
          ...each, // biome-ignore format: what every row needs
        }),
      ),
    ),
  ],
})

function snaked(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  )
}

const everyTicket = prepareSql<
  object,
  { row: TicketRow; requester: Requester; organization: OrganizationFacts | null }
>()(
  () => sql`select to_jsonb(t) as row, jsonb_build_object('id', p.id, 'name', p.name, 'email', p.email, 'role', p.role, 'locale', p.locale, 'organizationId', p.organization_id) as requester,
    (select jsonb_build_object('id', o.id, 'name', o.name, 'domains', o.domains) from organizations o where o.id = t.organization_id) as organization
    from ${tickets} t join people p on p.id = t.requester_id order by t.id`,
)

/** Rows as commands have them: named in camelCase, moments in the one form. */
function rowFrom(snake: object): TicketRow {
  const row = Object.fromEntries(
    Object.entries(snake).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, c) => c.toUpperCase()),
      /_(at|until)$/.test(name) && value !== null ? instant(String(value)) : value,
    ]),
  )
  return row as TicketRow // as the table has it
}
const instant = (value: string) => moments.find((known) => Date.parse(known) === Date.parse(value)) ?? value

const all: { id: string; facts: TicketFacts }[] = (await db.query(everyTicket.bind({}))).rows.map(
  ({ row, requester, organization }) => {
    const after = rowFrom(row)
    const kept = ticketFacts({
      before: null,
      after,
      requester,
      organization,
      actor: SYSTEM,
      versions: { vocabulary: 1, rules: 1 },
    })
    const told = JSON.parse(JSON.stringify(kept)) // as events keep them
    return {
      id: after.id,
      facts: { ...told, event: { type: 'ticket.opened', channel: 'api', at: asking.now }, message: null },
    }
  },
)

const wantedBy = (field: Field<TicketFacts>, name: string): fc.Arbitrary<unknown> => {
  const relative = fc.constantFrom('-7d', '-1d', '+7d', 'now', '-1m', '2026-11-22', '2026-11-21T13:00:00+01:00')
  switch (field.type) {
    case 'boolean':
      return fc.boolean()
    case 'decimal':
      return fc.constantFrom(...decimals)
    case 'date':
      return fc.oneof(fc.constantFrom(...days), fc.constantFrom('today', '-7d', '+1w', '-1d'))
    case 'integer':
      return fc.oneof(fc.integer({ min: -4, max: 80 }), fc.constantFrom(2_147_483_647, -2_147_483_647))
    case 'instant':
      return fc.oneof(moment, relative)
    case 'tags':
      return name === 'tags'
        ? fc.constantFrom(...tags)
        : name === 'organization.domains'
          ? fc.constantFrom(...tags, 'a.test', 'b.test', 'c.test')
          : chosen
    case 'text':
      return fc.oneof(
        text,
        fc.constantFrom('R', 'É', 'ä', 'Ä', 'ruth@', '.com', 'Σ', 'I', 'İ', 'ё'),
        // what no text of a database holds is refused before it is asked for
        fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }).filter((any) => !any.includes('\0')),
      )
    default:
      if (field.options) return fc.constantFrom(...field.options)
      if (name === 'category') return fc.constantFrom('hardware', 'software', 'other')
      return fc.constantFrom(
        admin,
        ruth.id,
        carl.id,
        'tea_1',
        'tea_2',
        ...organizations,
        'org_gone',
        'tkt_1',
        'tkt_x',
        ...(field.refersTo === 'person' ? ['me'] : []),
      )
  }
}

const wantedFor = (field: Field<TicketFacts>, name: string, op: Op): fc.Arbitrary<unknown> => {
  const one = wantedBy(field, name)
  if (operators[op] === 'none') return fc.constant(undefined)
  if (operators[op] === 'list') return fc.array(one, { minLength: 1, maxLength: 3 })
  if (operators[op] === 'span' && field.type === 'date')
    return fc.oneof(fc.constantFrom('-7d', '+7d', '-1w'), fc.tuple(one, one))
  if (operators[op] === 'span') return fc.oneof(fc.constantFrom('-7d', '+7d', '-1m'), fc.tuple(one, one))
  return one
}

const asked = [...fields].flatMap(([name, field]) => opsOf(field, 'list').map((op) => ({ name, field, op })))
const aLeaf = fc
  .constantFrom(...asked)
  .chain(({ name, field, op }) =>
    wantedFor(field, name, op).map((value) => ({ field: name, op, ...(value === undefined ? {} : { value }) })),
  )
const aTree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'large' },
    aLeaf,
    fc.array(tie('node'), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('node'), { maxLength: 3 }).map((any) => ({ any })),
    fc.array(tie('node'), { maxLength: 3 }).map((none) => ({ none })),
  ),
})).node

async function inDatabase(condition: Condition): Promise<string[]> {
  const statement = prepareSql<object, { id: string }>()(
    () =>
      sql`select ${tickets.id} as id from ${tickets} where ${sqlOf(condition, fields, asking)} order by ${tickets.id}`,
  )
  return (await db.query(unnamed(statement).bind({}))).rows.map(({ id }) => id)
}

const inProgram = (condition: Condition): string[] => {
  const holds = predicateOf(condition, fields)
  return all.filter(({ facts }) => holds(facts, asking)).map(({ id }) => id)
}

const agree = async (input: unknown): Promise<boolean> => {
  const { condition, faults } = readCondition(input, fields, { use: 'list' })
  // what chance made too large is refused, as it should be
  if (faults.every(({ code }) => code === 'too_many') && faults.length) return true
  if (!condition || faults.length) return false
  const [rows, facts] = [await inDatabase(condition), inProgram(condition)]
  return JSON.stringify(rows) === JSON.stringify(facts)
}

t.test(`each operator of each field says the same in SQL (${onPostgres ? 'Postgres' : 'PGlite'})`, async (t) => {
  t.equal(all.length, made.length)
  let matched = 0
  for (const { name, field, op } of asked) {
    for (const value of fc.sample(wantedFor(field, name, op), { numRuns: 4, seed: 7 })) {
      const leaf = { field: name, op, ...(value === undefined ? {} : { value }) }
      if (!(await agree(leaf))) t.fail(JSON.stringify(leaf))
      if (inProgram(parseCondition(leaf, fields)).length) matched++
    }
  }
  t.ok(matched > asked.length, `${matched} of ${asked.length * 4} matched something`)
})

t.test('random trees say the same in SQL', async (t) => {
  await fc.assert(fc.asyncProperty(aTree, agree), { numRuns: 400 })
  t.pass('predicate and SQL agree')
})

t.test('values are bound: the form of a condition decides the statement', async (t) => {
  const question = (value: string) =>
    questionOf(
      parseCondition(
        {
          any: [
            { field: 'subject', op: 'contains', value },
            { field: 'dueAt', op: 'before', value: '-1d' },
          ],
        },
        fields,
      ),
      fields,
    )
  t.equal(question('a').shape, question("'; drop table tickets;--").shape)
  t.same(question('A').values(asking), ['a', '2026-11-21T12:00:00.000Z'])
})
