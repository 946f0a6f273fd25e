import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { type TicketFacts, ticketFields } from '../src/domain/tickets/conditions.ts'
import type { Vocabulary } from '../src/domain/types/store.ts'
import { explain } from '../src/kernel/condition/explain.ts'
import { type Condition, opsOf } from '../src/kernel/condition/language.ts'
import { parseCondition, readCondition } from '../src/kernel/condition/parse.ts'
import { predicateOf } from '../src/kernel/condition/predicate.ts'
import { Problem } from '../src/kernel/problems.ts'
import { startCost } from './support/cost.ts'

// The language of conditions: what each operator says of facts, and how a wrong condition is told.

const keyed = (...keys: string[]) =>
  new Map(keys.map((key, n) => [key, { key, name: key, position: n + 1, category: 'open', requesterLabel: null }]))
const words = {
  types: keyed('ticket'),
  statuses: keyed('open', 'waiting_on_agent', 'waiting_on_customer', 'on_hold', 'solved', 'closed'),
  priorities: keyed('low', 'normal', 'high', 'urgent'),
  categories: keyed('hardware'),
  projects: keyed('apollo'),
  fields: new Map(),
} as unknown as Vocabulary // types have more members, which conditions do not read
const custom = new Map(
  (['date', 'decimal', 'integer', 'multiselect', 'person'] as const).map((type) => [
    type,
    { key: type, type, options: null },
  ]),
)
const fields = ticketFields({ ...words, fields: custom } as unknown as Vocabulary) // conditions read no more of them
const asking = { me: 'per_me', now: '2026-11-22T12:00:00.000Z' }

const facts: TicketFacts = {
  event: { type: 'ticket.changed', channel: 'api', at: asking.now },
  actor: { kind: 'person', id: 'per_me', role: 'agent' },
  ticket: {
    id: 'tkt_1',
    number: 7,
    subject: 'Drucker brennt: ÄRGER mit Ω',
    status: 'open',
    statusCategory: 'open',
    priority: 'high',
    assigneeId: 'per_me',
    tags: ['vip', 'printer'],
    needsReaction: true,
    createdAt: '2026-11-20T12:00:00.000Z',
    dueAt: '2026-11-23T12:00:00.000Z',
    fields: { date: '2026-11-22', decimal: 0.1, integer: 5_000_000_000, multiselect: ['b', 'a'], person: 'per_me' },
  },
  before: {
    status: 'solved',
    assigneeId: null,
    tags: ['printer'],
    subject: 'Drucker',
    fields: { date: '2026-11-21', integer: 5_000_000_000, multiselect: ['a'], person: 'per_me' },
  },
  requester: { id: 'per_ruth', email: 'ruth@example.com', role: 'requester' },
  organization: { id: 'org_acme', name: 'Acme', domains: ['acme.test'] },
  message: { visibility: 'public', channel: 'email', bodyText: 'It burns', verified: false },
}

const holds = (condition: unknown, of: TicketFacts = facts): boolean =>
  predicateOf(parseCondition(condition, fields), fields)(of, asking)

const faults = (condition: unknown, place = {}) => readCondition(condition, fields, place).faults

t.test('each operator says what its name says', async (t) => {
  const table: [string, string, unknown, boolean][] = [
    ['status', 'is', 'open', true],
    ['status', 'isNot', 'open', false],
    ['status', 'in', ['solved', 'open'], true],
    ['status', 'notIn', ['solved', 'closed'], true],
    ['fields.date', 'is', '2026-11-22', true],
    ['fields.date', 'is', 'today', true],
    ['fields.date', 'in', ['-1d', 'today'], true],
    ['fields.date', 'isNot', '-1d', true],
    ['fields.date', 'notIn', ['today', '+1d'], false],
    ['fields.date', 'gte', '2026-11-22', true],
    ['fields.date', 'before', '+1d', true],
    ['fields.date', 'after', 'today', false],
    ['fields.date', 'within', '-7d', true],
    ['fields.date', 'within', ['2026-11-23', '2026-12-01'], false],
    ['fields.decimal', 'is', 0.1, true],
    ['fields.decimal', 'lt', 0.1000001, true],
    ['fields.integer', 'gt', 4_999_999_999, true],
    ['fields.multiselect', 'contains', 'a', true],
    ['fields.multiselect', 'notContains', 'c', true],
    ['fields.person', 'is', 'me', true],
    ['fields.date', 'changed', undefined, true],
    ['fields.date', 'changedFrom', '-1d', true],
    ['fields.date', 'changedTo', 'today', true],
    ['fields.person', 'changed', undefined, false],
    ['fields.multiselect', 'changedTo', 'b', true],
    ['fields.multiselect', 'changedTo', 'a', false],
    ['before.fields.date', 'is', '2026-11-21', true],
    ['before.fields.decimal', 'absent', undefined, true],
    ['before.fields.person', 'is', 'me', true],
    ['priority', 'gte', 'high', true],
    ['priority', 'gt', 'high', false],
    ['priority', 'lt', 'urgent', true],
    ['priority', 'lte', 'normal', false],
    ['number', 'lt', 8, true],
    ['number', 'gte', 8, false],
    ['subject', 'contains', 'ärger MIT ω', true],
    ['subject', 'contains', 'water', false],
    ['subject', 'notContains', 'water', true],
    ['subject', 'startsWith', 'drucker', true],
    ['subject', 'endsWith', 'Ω', true],
    ['subject', 'is', 'drucker', false],
    ['subject', 'matches', '^Drucker .*(Ω|water)$', true],
    ['subject', 'matches', 'drucker', false],
    ['subject', 'matches', '(?i)drucker', true],
    ['tags', 'contains', 'vip', true],
    ['tags', 'notContains', 'vip', false],
    ['needsReaction', 'is', true, true],
    ['assigneeId', 'is', 'me', true],
    ['assigneeId', 'notIn', ['me', 'per_x'], false],
    ['assigneeId', 'present', undefined, true],
    ['teamId', 'absent', undefined, true],
    ['createdAt', 'before', '-1d', true],
    ['createdAt', 'after', '2026-11-20', true],
    ['createdAt', 'lte', '2026-11-20T13:00:00+01:00', true],
    ['createdAt', 'within', '-3d', true],
    ['createdAt', 'within', '-1d', false],
    ['dueAt', 'within', '+1d', true],
    ['dueAt', 'within', ['2026-11-23', '2026-11-24'], true],
    ['dueAt', 'after', 'now', true],
    ['requester.email', 'endsWith', '@EXAMPLE.com', true],
    ['event.type', 'is', 'ticket.changed', true],
    ['actor.role', 'in', ['agent', 'admin'], true],
    ['message.verified', 'is', false, true],
    ['message.bodyText', 'contains', 'BURNS', true],
    ['status', 'changed', undefined, true],
    ['status', 'changedFrom', 'solved', true],
    ['status', 'changedTo', 'open', true],
    ['status', 'changedTo', 'solved', false],
    ['assigneeId', 'changedTo', 'me', true],
    ['assigneeId', 'changedFrom', 'me', false],
    ['priority', 'changed', undefined, false],
    ['tags', 'changedTo', 'vip', true],
    ['tags', 'changedTo', 'printer', false],
    ['before.status', 'is', 'solved', true],
    ['before.priority', 'is', 'high', true],
    ['before.assigneeId', 'absent', undefined, true],
  ]
  for (const [field, op, value, expected] of table)
    t.equal(holds({ field, op, ...(value === undefined ? {} : { value }) }), expected, `${field} ${op} ${value}`)
})

t.test('what is missing matches nothing but absent', async (t) => {
  const bare: TicketFacts = { ...facts, ticket: {}, before: null, requester: {}, organization: null, message: null }
  const table: [string, string, unknown][] = [
    ['assigneeId', 'isNot', 'per_x'],
    ['assigneeId', 'notIn', ['per_x']],
    ['lastMessagePreview', 'notContains', 'x'],
    ['lastMessagePreview', 'matches', '.*'],
    ['dueAt', 'before', 'now'],
    ['dueAt', 'within', '-7d'],
    ['priority', 'lt', 'urgent'],
    ['needsReaction', 'isNot', true],
    ['number', 'lt', 5],
    ['tags', 'notContains', 'vip'],
    ['message.bodyText', 'notContains', 'x'],
    ['status', 'changed', undefined],
    ['status', 'changedFrom', 'open'],
    ['before.status', 'isNot', 'open'],
    ['before.status', 'present', undefined],
  ]
  for (const [field, op, value] of table) t.equal(holds({ field, op, value }, bare), false, `${field} ${op}`)
  for (const field of ['assigneeId', 'dueAt', 'tags', 'message.bodyText', 'before.status', 'requester.email'])
    t.equal(holds({ field, op: 'absent' }, bare), true, `${field} is absent`)
  // a ticket's tags are a list, which is there when it is empty
  t.equal(holds({ field: 'tags', op: 'notContains', value: 'vip' }, { ...facts, ticket: { tags: [] } }), true)
  t.equal(holds({ field: 'tags', op: 'absent' }, { ...facts, ticket: { tags: [] } }), true)
})

t.test('groups nest, and empty ones say what logic says', async (t) => {
  const yes = { field: 'status', op: 'is', value: 'open' }
  const no = { field: 'status', op: 'is', value: 'closed' }
  t.ok(holds({ all: [yes, { any: [no, yes] }, { none: [no] }] }))
  t.notOk(holds({ all: [yes, yes, yes, no] }))
  t.ok(holds({ any: [no, no, no, yes] }))
  t.notOk(holds({ none: [no, yes] }))
  t.ok(holds({ all: [] }))
  t.notOk(holds({ any: [] }))
  t.ok(holds({ none: [] }))
})

t.test('a wrong condition is told by place, all faults at once', async (t) => {
  const found = faults(
    {
      all: [
        { field: 'stauts', op: 'is', value: 'open' },
        { field: 'status', op: 'gte', value: 'open' },
        { field: 'priority', op: 'gte', value: 'hihg' },
        { field: 'needsReaction', op: 'is', value: 'yes' },
        { field: 'subject', op: 'matches', value: 'a(?=b)' },
        { field: 'subject', op: 'matches', value: '(' },
        { field: 'status', op: 'in', value: ['open', 7, 'opne'] },
        { field: 'status', op: 'equals', value: 'open' },
        { field: 'status', op: 'is' },
        { field: 'status', op: 'present', value: true },
        { field: 'status', op: 'is', value: 'open', values: 1, 'a/b~c': 2 },
        { field: 'dueAt', op: 'within', value: '7 days' },
        { op: 'is', value: 1 },
        'open',
        { any: {} },
        { any: [], all: [] },
        { field: 'event.type', op: 'changed' },
        { field: 'number', op: 'is', value: 2_147_483_648 },
      ],
    },
    { at: '/if' },
  )
  t.match(found, [
    { pointer: '/if/all/0/field', code: 'unknown_field', didYouMean: 'status' },
    { pointer: '/if/all/1/op', code: 'not_allowed' },
    { pointer: '/if/all/2/value', code: 'not_found', didYouMean: 'high' },
    { pointer: '/if/all/3/value', code: 'type' },
    { pointer: '/if/all/4/value', code: 'look_around' },
    { pointer: '/if/all/5/value', code: 'pattern' },
    { pointer: '/if/all/6/value/1', code: 'type' },
    { pointer: '/if/all/6/value/2', code: 'not_found', didYouMean: 'open' },
    { pointer: '/if/all/7/op', code: 'not_allowed' },
    { pointer: '/if/all/8/value', code: 'missing' },
    { pointer: '/if/all/9/value', code: 'unknown' },
    { pointer: '/if/all/10/values', code: 'unknown', didYouMean: 'value' },
    { pointer: '/if/all/10/a~1b~0c', code: 'unknown' },
    { pointer: '/if/all/11/value', code: 'instant' },
    { pointer: '/if/all/12/field', code: 'missing' },
    { pointer: '/if/all/13', code: 'type' },
    { pointer: '/if/all/14/any', code: 'type' },
    { pointer: '/if/all/15/any', code: 'unknown' },
    { pointer: '/if/all/16/op', code: 'not_allowed' },
    { pointer: '/if/all/17/value', code: 'type' },
  ])
  t.equal(found.length, 20)
  t.throws(() => parseCondition({ field: 'stauts', op: 'is', value: 'open' }, fields), {
    code: 'invalid_input',
    extras: { didYouMean: 'status' },
  })
  t.match(faults({ field: 'event.type', op: 'is', value: 'x' }, { use: 'list' }), [{ pointer: '/field' }])
  t.match(faults({ field: 'subject', op: 'matches', value: 'x' }, { use: 'list' }), [{ pointer: '/op' }])
  for (const odd of [
    null,
    7,
    'x',
    [],
    [[]],
    {},
    { all: null },
    { field: {}, op: [] },
    { field: '__proto__', op: 'is' },
  ])
    t.ok(faults(odd).length, JSON.stringify(odd))
})

const nested = (depth: number): unknown =>
  depth ? { all: [nested(depth - 1)] } : { field: 'status', op: 'is', value: 'open' }

t.test('a tree has at most fifty nodes and five groups within one another', async (t) => {
  const leaf = { field: 'status', op: 'is', value: 'open' }
  t.same(faults(nested(5)), [])
  t.match(faults(nested(6)), [{ code: 'too_deep', pointer: '/all/0/all/0/all/0/all/0/all/0/all' }])
  t.same(faults({ any: Array.from({ length: 49 }, () => leaf) }), [])
  t.match(faults({ any: Array.from({ length: 50 }, () => leaf) }), [{ code: 'too_many' }])
  t.match(faults({ field: 'status', op: 'in', value: Array.from({ length: 51 }, () => 'open') }), [{ code: 'type' }])
  t.match(faults({ field: 'subject', op: 'matches', value: 'a'.repeat(513) }), [{ code: 'too_long' }])
})

t.test('explain gives the answer of the predicate, and what every leaf saw', async (t) => {
  const condition = parseCondition(
    {
      all: [
        { field: 'status', op: 'changedTo', value: 'open' },
        {
          any: [
            { field: 'teamId', op: 'present' },
            { field: 'priority', op: 'gte', value: 'urgent' },
          ],
        },
        { none: [{ field: 'tags', op: 'contains', value: 'spam' }] },
      ],
    },
    fields,
  )
  t.same(explain(condition, fields, facts, asking), {
    held: false,
    conditions: [
      { field: 'status', op: 'changedTo', value: 'open', actual: { from: 'solved', to: 'open' }, held: true },
      { field: 'teamId', op: 'present', value: null, actual: null, held: false },
      { field: 'priority', op: 'gte', value: 'urgent', actual: 'high', held: false },
      { field: 'tags', op: 'contains', value: 'spam', actual: ['vip', 'printer'], held: false },
    ],
    failedCondition: { field: 'teamId', op: 'present', value: null, actual: null, held: false },
  })
  const vip = parseCondition({ none: [{ field: 'tags', op: 'contains', value: 'vip' }] }, fields)
  t.match(explain(vip, fields, facts, asking), { held: false, failedCondition: { field: 'tags', held: true } })
})

t.test('no pattern takes long, whatever the text', async (t) => {
  const patterns = ['(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*a){20}', '(a?){50}a{50}', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y',
    '([a-zA-Z]+)*$', '(.*)*x', 'a{0,1000}b', '(?:a{1,100}){1,10}b', '(a|b)*a(a|b){18}$', '[^x]*[^y]*[^z]*$', '(.{1,500}){1,2}c',
    '(?i)paper\\s+jam', '(a*)*b', '((a*)*)*b', '(\\w+\\s?)+$', '^(a+)+$', '(.+)+\\d', '\\p{L}+$', '(ab|ba|aa|bb)*c', '([^"\\\\]|\\\\.)*"',
    '(a{1,10}){1,10}(b{1,10}){1,10}z', '.*.*.*.*.*=', '(?s).*\\n.*\\n', '(|a)+$', '(a||b)*c', '\\b(\\w+)\\b.*$', '^(?:(?:a|b)+)+c$'] // biome-ignore format: a list of patterns
  const texts = ['a'.repeat(50_000), `${'a'.repeat(50_000)}!`, 'ab'.repeat(25_000), 'x '.repeat(25_000)]
  for (const value of patterns) {
    const test = predicateOf<TicketFacts>(
      parseCondition({ field: 'message.bodyText', op: 'matches', value }, fields),
      fields,
    )
    for (const bodyText of texts) {
      const cost = startCost()
      test({ ...facts, message: { bodyText } }, asking)
      t.ok(cost() < 300, value) // R45; backtracking would take years
    }
  }
})

t.test('any JSON is a condition or is told why not', async (t) => {
  const node = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.record({
        field: fc.oneof(fc.constantFrom(...fields.keys()), fc.string()),
        op: fc.oneof(fc.constantFrom('is', 'in', 'gte', 'within', 'matches', 'present'), fc.string()),
        value: fc.jsonValue(),
      }),
      fc.record({ all: fc.array(tie('node'), { maxLength: 3 }) }),
      fc.record({ none: fc.array(tie('node'), { maxLength: 3 }) }),
      fc.jsonValue(),
    ),
  })).node
  fc.assert(
    fc.property(node, (input) => {
      try {
        const condition: Condition = parseCondition(input, fields)
        const held = predicateOf(condition, fields)(facts, asking)
        return explain(condition, fields, facts, asking).held === held
      } catch (error) {
        return error instanceof Problem && error.code === 'invalid_input' && Boolean(error.extras.errors?.length)
      }
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('the examples of the documents are conditions, and the table of operators is right', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/conditions.md'), 'utf8')
  const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json))
  t.ok(examples.length >= 5)
  for (const example of examples) t.same(faults(example), [], JSON.stringify(example).slice(0, 80))
  const told = new Map(
    [...text.matchAll(/^\| (\w+) \| `([\w ]+)` \|/gm)].map(([, type, ops]) => [type, ops?.split(' ')]),
  )
  for (const field of fields.values())
    t.same(
      told.get(field.type),
      opsOf(field, 'facts').filter((op) => !op.startsWith('changed')),
      field.type,
    )
})
