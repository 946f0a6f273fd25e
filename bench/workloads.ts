import { type TSchema, Type } from 'typebox'
import { type MailWorkload, mailWorkloads } from './mail-workloads.ts'

/** How one server calls what was sown, and who may ask. */
export interface Names {
  ticketId(n: number): string
  agentId(n: number): string
  key: string
}

/** So many tickets have a word in common, in each of their messages. */
export const SAME_WORD = 25

/** How much was sown. */
export interface Sown {
  tickets: number
  people: number
}

/** Agents that tickets are assigned to. */
export const AGENTS = 50

export interface Workload {
  name: string
  title: string
  status: number
  /** One request; `random(n)` gives a number from 1 to n, `count` is another one with each request. */
  request(names: Names, random: (n: number) => number, count: number, sown: Sown): string
  /** What the body of an answer must be like. */
  answer: TSchema
}

const PAGE = 50
const KNOWN_PERCENT = 90

const get = (path: string, { key }: Names) =>
  `GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`

function post(path: string, { key }: Names, body: object): string {
  const json = JSON.stringify(body) // in ASCII: characters are bytes
  return `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`
}

/** 1 KB that is never twice the same. */
const text = (count: number) => `Message ${count}. ${'The printer on the second floor is on fire again. '.repeat(20)}`

const openTicket: Workload = {
  name: 'W1',
  title: 'open a ticket',
  status: 201,
  request(names, random, count, { people }) {
    const email = random(100) <= KNOWN_PERCENT ? `person-${random(people)}@example.com` : `new-${count}@example.com`
    return post('/v1/tickets', names, { subject: `Printer ${count} on fire`, body: text(count), requester: { email } })
  },
  answer: Type.Object({
    id: Type.String(),
    subject: Type.String(),
    status: Type.Literal('open'),
    requesterId: Type.String(),
  }),
}

const readTicket: Workload = {
  name: 'W2',
  title: 'read a ticket with its conversation',
  status: 200,
  request: (names, random, _count, { tickets }) =>
    get(`/v1/tickets/${names.ticketId(random(tickets))}?include=messages`, names),
  answer: Type.Object({
    id: Type.String(),
    subject: Type.String(),
    messages: Type.Array(Type.Object({ id: Type.String(), createdAt: Type.String() }), { minItems: 3 }),
  }),
}

const openOfAssignee: Workload = {
  name: 'W3',
  title: `the ${PAGE} open tickets of an assignee`,
  status: 200,
  request: (names, random) =>
    get(
      `/v1/tickets?assigneeId=${names.agentId(random(AGENTS))}&statusCategory=open&sort=-priority,-updatedAt&limit=${PAGE}`,
      names,
    ),
  answer: Type.Object({
    data: Type.Array(Type.Object({ id: Type.String(), priority: Type.String(), updatedAt: Type.String() }), {
      minItems: PAGE,
      maxItems: PAGE,
    }),
  }),
}

const HITS = 20

const searchWord: Workload = {
  name: 'W7',
  title: `search for a word, ${HITS} hits`,
  status: 200,
  request: (names, random, _count, { tickets }) =>
    post('/v1/tickets/search', names, {
      query: `case${Math.floor(random(tickets - 2 * SAME_WORD) / SAME_WORD) + 1}`,
      limit: HITS,
    }),
  answer: Type.Object({ data: Type.Array(Type.Object({ id: Type.String() }), { minItems: HITS, maxItems: HITS }) }),
}

const postReply: Workload = {
  name: 'W4',
  title: 'post a reply',
  status: 201,
  request: (names, random, count, { tickets }) =>
    post(`/v1/tickets/${names.ticketId(random(tickets))}/replies`, names, { body: text(count) }),
  answer: Type.Object({ id: Type.String(), ticketId: Type.String(), createdAt: Type.String() }),
}

/** Reads come first: after the writes the servers hold different numbers of rows. */
export const workloads: readonly (Workload | MailWorkload)[] = [
  readTicket,
  openOfAssignee,
  searchWord,
  openTicket,
  postReply,
  ...mailWorkloads,
]
