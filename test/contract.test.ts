import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, getNamedType, isEnumType, isInputObjectType, isNonNullType, isObjectType } from 'graphql'
import { auditServer } from 'graphql-http'
import t from 'tap'
import type { TSchema } from 'typebox'
import { allKeys } from '../src/domain/access/queries.ts'
import { inboundList } from '../src/domain/inbound/queries.ts'
import { organizationsList } from '../src/domain/organizations/queries.ts'
import { outboundList } from '../src/domain/outbound/queries.ts'
import { peopleList, teamsList } from '../src/domain/people/queries.ts'
import { ticketList } from '../src/domain/tickets/queries.ts'
import { isWrapper, twins } from '../src/graphql/twins.ts'
import { opsOf } from '../src/kernel/filter.ts'
import type { List } from '../src/kernel/page.ts'
import { problems } from '../src/kernel/problems.ts'
import { printContract } from '../src/print-contract.ts'
import { startDesk } from './support/desk.ts'

const root = join(import.meta.dirname, '..')
const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'))
const openapi = await printContract()

interface Operation {
  operationId: string
  method: string
  path: string
}

/** Every operation that the contract prints. */
const operations: Operation[] = openapi.split('\n').reduce<{ path: string; method: string; all: Operation[] }>(
  (state, line) => {
    const path = /^ {2}(\/\S*):$/.exec(line)?.[1]
    const method = /^ {4}(get|post|put|patch|delete):$/.exec(line)?.[1]
    const operationId = /^ {6}operationId: (\w+)$/.exec(line)?.[1]
    if (path) state.path = path
    if (method) state.method = method
    if (operationId) state.all.push({ operationId, method: state.method, path: state.path })
    return state
  },
  { path: '', method: '', all: [] },
).all

interface Named {
  name: string
  input: TSchema
  isCommand: boolean
}

/** Every command and query of the domain, by looking at what its files export. */
async function defined(): Promise<Named[]> {
  const folder = join(root, 'src/domain')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const all: Named[] = []
  for (const file of files) {
    const module: Record<string, unknown> = await import(join(folder, file))
    for (const value of Object.values(module)) {
      if (
        typeof value !== 'object' ||
        value === null ||
        !('name' in value) ||
        !('group' in value) ||
        !('input' in value)
      )
        continue
      all.push({ name: String(value.name), input: value.input as TSchema, isCommand: 'handle' in value }) // that is what defineCommand gives
    }
  }
  return all
}

/** Commands that no API offers, and why. */
const internalCommands: Record<string, string> = {
  notifyPerson: 'an action of rules',
  sendMail: 'an action of rules and macros: by hand one opens a ticket, or replies',
  tellPhase: 'an action of rules and macros: by hand one replies',
  recordApiKeyUse: 'notes that a key was used',
  acceptMail: 'SMTP is its door',
  journalMail: 'SMTP is its door',
  journalMails: 'SMTP is its door',
  claimInboundMail: 'a step of the mail worker',
  fileMail: 'a step of the mail worker',
  failInboundMail: 'a step of the mail worker',
  advanceBulkChange: 'a step of a job',
  advanceErasure: 'a step of a job',
  failBulkChange: 'a step of a job',
  claimOutboundMail: 'a step of the mail worker',
  recordMailResult: 'a step of the mail worker',
  advanceSimulation: 'a step of the worker',
  failSimulation: 'a step of the worker',
  adoptWork: 'workers among themselves',
  leave: 'workers among themselves',
  returnInboundMail: 'workers among themselves',
  cleanUp: 'runs by the clock',
  followWord: 'a step of the worker',
  indexTexts: 'runs by the clock',
  wakeTicket: 'runs by the clock',
  turnContract: 'runs by the clock',
  sendDigest: 'runs by the clock',
  fireRuleTimer: 'runs by the clock',
  deferRuleTimer: 'runs by the clock',
  fireSlaClock: 'runs by the clock',
  deferSlaClock: 'runs by the clock',
  followSlaPolicies: 'a step of the worker',
}

/** Queries that are parts of others, and why they have no address of their own. */
const internalQueries: Record<string, string> = {
  peopleById: 'for loaders and includes',
  organizationsById: 'for loaders',
  teamsById: 'for loaders',
  transitionsByTicket: 'for loaders',
  messagesByTicket: 'for loaders',
  ticketWithMessages: 'a ticket with include=messages',
  conversationsByTicket: 'for loaders',
  readStatesByTicket: 'for loaders',
  attachmentLinkOwner: 'opens a signed link',
  mailRecipient: 'SMTP asks it',
  rawForParsing: 'the mail worker asks it',
  pendingMails: 'the mail worker asks it',
  dueContracts: 'who runs by the clock asks it',
  dueDigests: 'who runs by the clock asks it',
  dueToWake: 'who runs by the clock asks it',
  dueSlaClocks: 'who runs by the clock asks it',
  slaByTicket: 'for loaders',
  dueRuleTimers: 'who runs by the clock asks it',
}

/** Bytes do not fit into a graph. */
const restOnly = ['attachmentContent', 'rawInboundMail', 'personExport']

t.test('every command has an operationId and a mutation of its name, or a reason to be internal', async (t) => {
  const commands = (await defined()).filter(({ isCommand }) => isCommand)
  t.ok(commands.length >= 20)
  const mutations = schema.getMutationType()?.getFields() ?? {}
  for (const { name } of commands) {
    if (internalCommands[name]) {
      t.notOk(mutations[name], `${name} is internal`)
      continue
    }
    t.ok(
      operations.some(({ operationId, method }) => operationId === name && method !== 'get'),
      `${name} has an operationId`,
    )
    t.ok(mutations[name], `${name} has a mutation`)
  }
  t.same(
    Object.keys(mutations).filter((name) => !commands.some((command) => command.name === name)),
    [],
    'no mutation without a command',
  )
})

t.test('every query is asked by REST and by GraphQL, or has a reason not to be', async (t) => {
  const queries = (await defined()).filter(({ isCommand }) => !isCommand)
  t.ok(queries.length >= 20)
  const fields = schema.getQueryType()?.getFields() ?? {}
  for (const { name } of queries) {
    if (internalQueries[name]) continue
    t.ok(
      operations.some(({ operationId }) => operationId === name),
      `${name} has an operationId`,
    )
    if (!restOnly.includes(name)) t.ok(fields[name], `${name} is a field of Query`)
  }
})

const membersOf = (twin: TSchema): Record<string, TSchema> =>
  'properties' in twin ? (twin.properties as Record<string, TSchema>) : {}
const required = (twin: TSchema): string[] => ('required' in twin && Array.isArray(twin.required) ? twin.required : [])
const isNullable = (member: TSchema): boolean =>
  /"null"/.test(
    JSON.stringify(
      'type' in member || 'anyOf' in member ? { ...member, properties: undefined, items: undefined } : member,
    ),
  )
const enumOf = (member: TSchema): string[] | undefined =>
  'enum' in member && Array.isArray(member.enum) ? member.enum.filter((value) => value !== null) : undefined

t.test('a resource has the same fields, nullability and enumerations in both APIs', async (t) => {
  for (const [name, twin] of Object.entries(twins)) {
    const type = schema.getType(name)
    if (!isObjectType(type)) {
      t.fail(`${name} is no type of schema.graphql`)
      continue
    }
    const fields = type.getFields()
    for (const [field, member] of Object.entries(membersOf(twin))) {
      const inGraph = fields[field]
      if (!inGraph) {
        t.fail(`${name}.${field} is missing in schema.graphql`)
        continue
      }
      const untyped = getNamedType(inGraph.type).name === 'JSON'
      if (!untyped)
        t.equal(isNonNullType(inGraph.type), !isNullable(member), `${name}.${field} is as nullable as in REST`)
      const values = enumOf(member)
      const graphType = getNamedType(inGraph.type)
      if (values)
        t.same(
          isEnumType(graphType) ? graphType.getValues().map((value) => value.name) : [],
          values,
          `${name}.${field} has the same values`,
        )
    }
  }
  const resources = Object.values(schema.getTypeMap()).filter(
    (type) =>
      isObjectType(type) &&
      !type.name.startsWith('__') &&
      !['Query', 'Mutation'].includes(type.name) &&
      !isWrapper(type.name),
  )
  t.same(
    resources.map(({ name }) => name).filter((name) => !twins[name]),
    [],
    'no resource without its twin',
  )
})

/** Where the graph says it otherwise: bytes come in base64. */
const inputExceptions: Record<string, string> = { content: 'contentBase64' }

t.test('the input of a mutation has the members of its command', async (t) => {
  const mutations = schema.getMutationType()?.getFields() ?? {}
  for (const { name, input } of (await defined()).filter((each) => each.isCommand && !internalCommands[each.name])) {
    const type = getNamedType(mutations[name]?.args[0]?.type)
    if (!isInputObjectType(type)) {
      t.fail(`${name} takes no input`)
      continue
    }
    const fields = type.getFields()
    const members = Object.keys(membersOf(input)).map((member) => inputExceptions[member] ?? member)
    t.same(Object.keys(fields).sort(), members.toSorted(), `${type.name} has the same members`)
    for (const member of Object.keys(membersOf(input))) {
      const field = fields[inputExceptions[member] ?? member]
      if (field)
        t.equal(isNonNullType(field.type), required(input).includes(member), `${type.name}.${member} is as required`)
    }
  }
})

t.test('a list takes the same filters in both APIs', async (t) => {
  const lists: Record<string, Pick<List<unknown>, 'filters' | 'members'>> = {
    TicketFilter: ticketList,
    PersonFilter: peopleList,
    OrganizationFilter: organizationsList,
    TeamFilter: teamsList,
    ApiKeyFilter: allKeys,
    InboundMailFilter: inboundList,
    OutboundMailFilter: outboundList,
  }
  for (const [name, { filters, members = [] }] of Object.entries(lists)) {
    const type = schema.getType(name)
    if (!isInputObjectType(type)) {
      t.fail(`${name} is missing`)
      continue
    }
    t.same(Object.keys(type.getFields()).sort(), [...Object.keys(filters), ...[members].flat()].sort(), name)
    for (const [field, filter] of Object.entries(filters)) {
      const inner = getNamedType(type.getFields()[field]?.type)
      if (isInputObjectType(inner))
        t.same(Object.keys(inner.getFields()).sort(), [...opsOf(filter)].sort(), `${name}.${field}`)
    }
  }
})

t.test('every problem has a page', async (t) => {
  const { call } = await startDesk(t)
  for (const [code, { status, title }] of Object.entries(problems))
    t.match(await call('GET', `/problems/${code}`), { status: 200, body: { code, status, title } }, code)
  t.match(await call('GET', '/problems/nonsense'), { status: 404, body: { code: 'not_found' } })

  for (const path of [
    '/openapi.json',
    '/openapi.yaml',
    '/schema.graphql',
    '/docs/',
    '/docs/graphql',
    '/version',
    '/livez',
    '/readyz',
  ]) {
    const answer = await call('GET', path, { headers: { authorization: '' } })
    t.equal(answer.status, 200, `${path} needs no credential`)
    t.notMatch(answer.text, /(src|href)=["']?(https?:)?\/\//, `${path} loads nothing from elsewhere`)
  }
  t.equal((await call('GET', '/metrics', { headers: { authorization: '' } })).status, 401)
  t.match((await call('GET', '/metrics')).text, /kontor_inbound_mails_pending 0/)
})

t.test("graphql-http's audit finds no error", async (t) => {
  const { app, key } = await startDesk(t)
  await app.http.listen({ port: 0, host: '127.0.0.1' })
  const address = app.http.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const results = await auditServer({
    url: `http://127.0.0.1:${port}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init.headers)), authorization: `Bearer ${key}` },
      }),
  })
  t.ok(results.length > 50)
  t.same(
    results
      .filter(({ status }) => status === 'error')
      .map((result) => `${result.name}: ${'reason' in result ? result.reason : ''}`),
    [],
  )
  const warnings = results
    .filter(({ status }) => status === 'warn')
    .map((result) => `${result.name}: ${'reason' in result ? result.reason : ''}`)
  t.ok(warnings.length <= 1, warnings.join('; '))
})
