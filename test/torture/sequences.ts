import fc from 'fast-check'
import { openHome, type ServerDatabase, type Service } from '../support/process.ts'
import type { TortureResult } from './kill.ts'
import { endOf, expectedOf, isLiving, type Model, type ModelTicket, messagesOn, recounted } from './sequences-model.ts'

export interface SequencesParts {
  runs: number
  seed: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

const TICKETS = 4
const RING = ['open', 'waiting_on_agent', 'waiting_on_customer', 'solved', 'closed']
const STEPS_MIN = 12
const STEPS_MAX = 30

interface Message {
  id: string
  bodyText: string
  visibility: 'public' | 'internal'
  conversationId: string
  createdAt: string
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of any form
type Answer = { status: number; body: any }
type Ask = (method: string, path: string, body?: object, key?: string) => Promise<Answer>

interface Desk {
  ask: Ask
  /** Who asks, with a token of their own. */
  requesters: { id: string; token: string }[]
  types: string[]
  statuses: string[]
}

/** Random sequences of what changes a ticket's life; after each the desk must say what a model says that fits on a page. */
export async function sequencesRun({ runs, seed, database }: SequencesParts): Promise<TortureResult> {
  const home = await openHome(database)
  try {
    const service = await home.start()
    const desk = await prepared(asking(service, service.firstKey() ?? ''))
    let steps = 0
    const property = fc.asyncProperty(
      fc.array(step, { minLength: STEPS_MIN, maxLength: STEPS_MAX }),
      async (sequence) => {
        steps += sequence.length
        const faults = await followed(desk, sequence)
        if (faults.length) throw new Error(faults.join('; '))
      },
    )
    const result = await fc.check(property, { numRuns: runs, seed, endOnFailure: process.env.CI !== undefined })
    const violations = result.failed
      ? [`${JSON.stringify(result.counterexample)}: ${(result.errorInstance as Error | null)?.message}`]
      : []
    return { figures: `${result.numRuns} sequences of ${steps} steps`, violations }
  } finally {
    await home.close()
  }
}

const at = fc.nat({ max: 11 })
const kinds = ['reply', 'ask', 'note', 'merge', 'merge', 'merge', 'undo', 'undo', 'split', 'type', 'status'] as const
/** What is done, to which ticket, and with which other or which messages: as numbers, of what there is by then. */
const step = fc.record({ kind: fc.constantFrom(...kinds), ticket: at, other: at, size: fc.integer({ min: 1, max: 3 }) })
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const asking =
  ({ url }: Service, admin: string): Ask =>
  async (method, path, body, key = admin) => {
    const answer = await fetch(`${url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null,
    })
    return { status: answer.status, body: await answer.json() }
  }

async function prepared(ask: Ask): Promise<Desk> {
  const keysOf = async (path: string) => (await ask('GET', path)).body.data.map(({ key }: { key: string }) => key)
  const requesters = await Promise.all(
    ['ann', 'bob'].map(async (name) => {
      const { body: person } = await ask('POST', '/people', { email: `${name}@example.com`, role: 'requester' })
      const { body: token } = await ask('POST', '/auth/requester-tokens', { personId: person.id })
      return { id: person.id, token: token.accessToken }
    }),
  )
  // of one type every status leads to every other, of this one a ticket goes round
  await ask('POST', '/types', { key: 'repair', name: 'Repair' })
  const { status, body } = await ask('PUT', '/types/repair/workflow', {
    statuses: RING,
    transitions: RING.map((from, n) => ({ from: [from], to: RING[(n + 1) % RING.length] })),
    statusMapping: [{ from: null, to: RING[0] }],
  })
  if (status !== 200) throw new Error(`the workflow was not saved: ${JSON.stringify(body)}`)
  return { ask, requesters, types: await keysOf('/types'), statuses: await keysOf('/statuses') }
}

/** Does it to fresh tickets; answers where the desk and the model differ. */
async function followed(desk: Desk, sequence: readonly Step[]): Promise<string[]> {
  const model: Model = { tickets: [], messages: [] }
  for (let n = 0; n < TICKETS; n++) await opened(desk, model, n)
  const faults: string[] = []
  for (const [n, each] of sequence.entries()) {
    const wrong = await acts[each.kind](desk, model, {
      ...each,
      ticket: each.ticket % model.tickets.length,
      other: each.other % model.tickets.length,
    })
    if (wrong) faults.push(`step ${n}: ${wrong}`)
  }
  for (const n of model.tickets.keys()) faults.push(...(await differences(desk, model, n)))
  return [...faults, ...(await countFaults(desk, model))]
}

async function opened({ ask, requesters }: Desk, model: Model, n: number): Promise<void> {
  const requester = requesters[n % requesters.length]
  const { body } = await ask('POST', '/tickets', {
    subject: `T${n}`,
    body: `First of ${n}`,
    requesterId: requester?.id,
  })
  const [first] = (await ask('GET', `/tickets/${body.id}/messages`)).body.data
  model.tickets.push({ id: body.id, number: body.number, requesterId: body.requesterId, under: null, isHandled: false })
  model.messages.push({ id: first.id, home: n, isPublic: true, byRequester: true, authorId: body.requesterId })
}

type Act = (desk: Desk, model: Model, step: Step) => Promise<string | undefined>

const acts: Record<Step['kind'], Act> = {
  reply: (desk, model, { ticket }) => written(desk, model, ticket, { path: 'replies', byRequester: false }),
  ask: (desk, model, { ticket }) => written(desk, model, ticket, { path: 'replies', byRequester: true }),
  note: (desk, model, { ticket }) => written(desk, model, ticket, { path: 'notes', byRequester: false }),
  type: ({ ask, types }, model, { ticket, other }) =>
    changed(ask, model, ticket, { type: types[other % types.length] }),
  async status({ ask, statuses }, model, { ticket, other }) {
    const wanted = statuses[other % statuses.length] ?? ''
    const { body } = await ask('GET', `/tickets/${named(model, ticket).id}`)
    const mayMove = body.status === wanted || (await waysOn(ask, body.id)).includes(wanted)
    return changed(ask, model, ticket, { status: wanted }, mayMove ? 200 : 409)
  },

  async merge({ ask }, model, { ticket, other }) {
    const [source, into] = [named(model, ticket), named(model, other)]
    const { status } = await ask('POST', `/tickets/${source.number}/merge`, { into: String(into.number) })
    const end = endOf(model, other)
    const mayMerge = source.under === null && end !== ticket
    if (mayMerge) source.under = end
    recounted(model, ...(mayMerge ? [ticket, end] : []))
    return told('merge', status, mayMerge ? 200 : 409)
  },

  async undo({ ask }, model, { ticket }) {
    const source = named(model, ticket)
    const { status } = await ask('POST', `/tickets/${source.id}/merge/undo`)
    const wasMerged = source.under !== null
    if (wasMerged) recounted(model, ticket, endOf(model, ticket))
    source.under = null
    return told('undo', status, wasMerged ? 200 : 409)
  },

  async split({ ask }, model, { ticket, other, size }) {
    const source = named(model, ticket)
    const messages = messagesOn(model, ticket)
    const from = other % Math.max(messages.length, 1)
    const chosen = messages.slice(from, from + size)
    const stay = messages.filter((message) => message.isPublic && !chosen.includes(message))
    const { status, body } = await ask('POST', `/tickets/${source.id}/split`, {
      messageIds: chosen.length ? chosen.map(({ id }) => id) : ['msg_none'],
    })
    if (!isLiving(model, ticket)) return told('split', status, 409)
    const [first] = chosen
    if (!first?.isPublic || !stay.length) return told('split', status, 422)
    if (status !== 201) return told('split', status, 201)
    const requesterId = first.byRequester ? first.authorId : source.requesterId
    for (const message of chosen) message.home = model.tickets.length
    model.tickets.push({ id: body.id, number: body.number, requesterId, under: null, isHandled: false })
    recounted(model, ticket)
    return body.requesterId === requesterId ? undefined : `split gave ${body.requesterId} as requester`
  },
}

const named = ({ tickets }: Model, n: number): ModelTicket => {
  const ticket = tickets[n]
  if (!ticket) throw new Error(`there is no ticket ${n}`)
  return ticket
}

const told = (what: string, status: number, expected: number): string | undefined =>
  status === expected ? undefined : `${what} answered ${status}, not ${expected}`

interface Writing {
  path: 'replies' | 'notes'
  byRequester: boolean
}

async function written(desk: Desk, model: Model, n: number, { path, byRequester }: Writing) {
  const ticket = named(model, n)
  const token = desk.requesters.find(({ id }) => id === ticket.requesterId)?.token
  const say = { body: `Message ${model.messages.length}` }
  const { status, body } = await desk.ask('POST', `/tickets/${ticket.id}/${path}`, say, byRequester ? token : undefined)
  if (!isLiving(model, n)) return told(path, status, 409)
  if (status !== 201) return told(path, status, 201)
  model.messages.push({ id: body.id, home: n, isPublic: path === 'replies', byRequester, authorId: body.authorId })
  if (path === 'replies') ticket.isHandled = false
}

async function changed(ask: Ask, model: Model, n: number, change: object, expected = 200) {
  const ticket = named(model, n)
  const before = (await ask('GET', `/tickets/${ticket.id}`)).body.version
  const { status, body } = await ask('PATCH', `/tickets/${ticket.id}`, change)
  if (isLiving(model, n) && body.version > before) ticket.isHandled = true
  return told(`change to ${JSON.stringify(change)}`, status, isLiving(model, n) ? expected : 409)
}

/** The statuses to which a ticket may be brought now, as the desk says. */
async function waysOn(ask: Ask, id: string): Promise<string[]> {
  const { data } = (await ask('GET', `/tickets/${id}/transitions`)).body as {
    data: { status: string; allowed: boolean }[]
  }
  return data.flatMap(({ status, allowed }) => (allowed ? [status] : []))
}

/** Whether a ticket can be brought to a closed status, by what the desk says is possible. */
async function canBeClosed(ask: Ask, id: string): Promise<boolean> {
  const been = new Set<string>()
  for (;;) {
    const { body: ticket } = await ask('GET', `/tickets/${id}`)
    if (ticket.statusCategory === 'closed') return true
    been.add(ticket.status)
    const ways = await waysOn(ask, id)
    const next = ways.find((to) => to === 'closed') ?? ways.find((to) => !been.has(to))
    if (next === undefined || (await ask('PATCH', `/tickets/${id}`, { status: next })).status !== 200) return false
  }
}

/** What the desk says of one ticket, and the model does not. */
async function differences({ ask }: Desk, model: Model, n: number): Promise<string[]> {
  const { id, number } = named(model, n)
  const expected = expectedOf(model, n)
  const { body: ticket } = await ask('GET', `/tickets/${number}`)
  const { data } = (await ask('GET', `/tickets/${id}/messages?limit=100&sort=createdAt`)).body as { data: Message[] }
  const { data: talks } = (await ask('GET', `/tickets/${id}/conversations`)).body
  const idOf = (kind: string) => talks.find((talk: { kind: string }) => talk.kind === kind)?.id
  const byId = new Map(data.map((message) => [message.id, message]))
  const timeOf = (messageId: string | undefined) => byId.get(messageId ?? '')?.createdAt ?? null
  const facts: Record<string, [unknown, unknown]> = {
    id: [ticket.id, id],
    mergedIntoId: [ticket.mergedIntoId, expected.mergedIntoId],
    messages: [data.map((message) => message.id).join(), expected.messageIds.join()],
    public: [publicIn(data).join(), expected.publicIds.join()],
    conversations: [
      data.every(
        ({ visibility, conversationId }) => conversationId === idOf(visibility === 'public' ? 'customer' : 'internal'),
      ),
      true,
    ],
    lastMessageAt: [ticket.lastMessageAt, timeOf(expected.lastMessageId)],
    lastMessagePreview: [ticket.lastMessagePreview, byId.get(expected.lastMessageId ?? '')?.bodyText ?? null],
    lastRequesterActivityAt: [ticket.lastRequesterActivityAt, timeOf(expected.lastRequesterMessageId)],
    firstRepliedAt: [ticket.firstRepliedAt, timeOf(expected.firstReplyId)],
    needsReaction: [ticket.needsReaction, expected.needsReaction],
  }
  const wrong = Object.entries(facts).flatMap(([name, [found, wanted]]) =>
    found === wanted ? [] : [`ticket ${n}: ${name} is ${found}, not ${wanted}`],
  )
  if (!isLiving(model, n)) return wrong
  return (await canBeClosed(ask, id)) ? wrong : [...wrong, `ticket ${n} cannot be closed`]
}

const publicIn = (messages: readonly Message[]) =>
  messages.filter(({ visibility }) => visibility === 'public').map(({ id }) => id)

/** Lists count what lives, and what is merged beside it. */
async function countFaults({ ask }: Desk, model: Model): Promise<string[]> {
  const from = Math.min(...model.tickets.map(({ number }) => number))
  const totalOf = async (path: string) => (await ask('GET', `${path}&number[gte]=${from}&includeTotal=true`)).body.total
  const living = model.tickets.filter((_, n) => isLiving(model, n)).length
  const counts: [string, number, number][] = [
    ['living', await totalOf('/tickets?limit=1'), living],
    ['merged', await totalOf('/tickets?limit=1&merged=true'), model.tickets.length - living],
  ]
  return counts.flatMap(([what, found, wanted]) => (found === wanted ? [] : [`${found} ${what}, not ${wanted}`]))
}
