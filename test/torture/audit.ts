import { createHash } from 'node:crypto'
import { eventually } from '../support/process.ts'
import type { RelayResult } from './relay.ts'
import { readAll, type Target } from './target.ts'
import type { WriterResult, Written } from './writer.ts'

interface InboundMail {
  id: string
  state: string
  verdict: string | null
  ticketId: string | null
  messageId: string | null
}
interface Ticket {
  id: string
  number: number
  subject: string
}
interface Message {
  id: string
  ticketId: string
  bodyText: string
}
interface Event {
  id: string
  sequence: number
  type: string
  ticketId: string | null
  data: { messageId?: string; inboundMailId?: string }
}
interface OutboundMail {
  ticketMessageId: string | null
}

export interface AuditParts {
  target: Target
  run: string
  relay: RelayResult
  writer: WriterResult
}

export interface Audit {
  violations: string[]
  duplicates: number
  events: number
}

const AT_ONCE = 8

/** Holds what the desk has against what it has answered for: nothing lost, nothing twice, nothing out of thin air. */
export async function audit({ target, run, relay, writer }: AuditParts): Promise<Audit> {
  const [journal, tickets, sent] = await Promise.all([
    readAll<InboundMail>(target, '/mail/inbound'),
    readAll<Ticket>(target, '/tickets'),
    readAll<OutboundMail>(target, '/mail/outbound?kind=reply'),
  ])
  const messages = (await eachOf(tickets, ({ id }) => readAll<Message>(target, `/tickets/${id}/messages`))).flat()
  // events are numbered after the commit: the last ones a moment later
  await eventually(async () => (await readAll(target, '/events?types=mail.received')).length >= journal.length)
  const events = await readAll<Event>(target, '/events')

  const canaries = [...relay.delivered.map(({ mail }) => mail.canary), ...writer.written.map(({ canary }) => canary)]
  const violations = [
    ...[...relay.bounced, ...writer.refused].map((text) => `refused for good: ${text}`),
    ...journalFaults(journal, messages, relay),
    ...canaryFaults(run, messages, canaries),
    ...ticketFaults(tickets),
    ...writeFaults(messages, sent, writer),
    ...feedFaults(events, { tickets, messages, journal }),
    ...(await rawFaults(target, relay)),
  ]
  return { violations, duplicates: journal.filter(isDuplicate).length, events: events.length }
}

const isDuplicate = ({ verdict }: InboundMail): boolean => verdict === 'duplicate'

/** Each mail is one row that made something; every further row of it says that it is a duplicate. */
function journalFaults(journal: InboundMail[], messages: Message[], { delivered }: RelayResult): string[] {
  const ticketOf = new Map(messages.map(({ id, ticketId }) => [id, ticketId]))
  const made = journal.filter((row) => !isDuplicate(row))
  const ids = new Set(journal.map(({ id }) => id))
  return [
    ...journal.filter(({ state }) => state !== 'done').map(({ id, state }) => `${id} is ${state} in the journal`),
    ...journal.filter((row) => isDuplicate(row) && row.ticketId).map(({ id }) => `the duplicate ${id} made something`),
    ...made
      .filter(({ messageId, ticketId }) => !messageId || ticketOf.get(messageId) !== ticketId)
      .map(({ id, verdict }) => `${id} (${verdict}) made no message that is there`),
    ...delivered.filter(({ inboundMailId }) => !ids.has(inboundMailId)).map(({ mail }) => `${mail.canary} has no row`),
    ...(made.length === delivered.length ? [] : [`${delivered.length} mails made ${made.length} messages`]),
  ]
}

/** Each canary stands in one message, and each message holds one. */
function canaryFaults(run: string, messages: Message[], canaries: string[]): string[] {
  const pattern = new RegExp(`${run}-[mw]\\d+-`, 'g')
  const held = messages.map(({ id, bodyText }) => ({ id, found: bodyText.match(pattern) ?? [] }))
  const counts = countsOf(held.flatMap(({ found }) => found))
  const known = new Set(canaries)
  return [
    ...canaries
      .filter((canary) => counts.get(canary) !== 1)
      .map((c) => `${c} stands in ${counts.get(c) ?? 0} messages`),
    ...[...counts.keys()].filter((canary) => !known.has(canary)).map((canary) => `${canary} was never acknowledged`),
    ...held.filter(({ found }) => found.length !== 1).map(({ id, found }) => `${id} holds ${found.length} canaries`),
  ]
}

function ticketFaults(tickets: Ticket[]): string[] {
  const repeated = (counts: Map<string, number>) => [...counts].filter(([, count]) => count > 1)
  return [
    ...repeated(countsOf(tickets.map(({ subject }) => subject))).map(([name, n]) => `${n} tickets are called ${name}`),
    ...repeated(countsOf(tickets.map(({ number }) => `#${number}`))).map(([name, n]) => `${n} tickets are ${name}`),
  ]
}

/** Each write is what was answered, and each reply has one row in the ledger of sent mail. */
function writeFaults(messages: Message[], sent: OutboundMail[], { written }: WriterResult): string[] {
  const replies = written.filter(({ kind }) => kind === 'reply')
  const mailed = countsOf(sent.map(({ ticketMessageId }) => ticketMessageId ?? 'nothing'))
  const isThere = ({ canary, kind, id, ticketId }: Written) =>
    messages.some(
      (message) =>
        message.ticketId === ticketId && message.bodyText.includes(canary) && (kind === 'ticket' || message.id === id),
    )
  return [
    ...written.filter((write) => !isThere(write)).map(({ canary }) => `${canary} is not what was answered`),
    ...replies
      .filter(({ id }) => mailed.get(id) !== 1)
      .map((r) => `${r.canary} was mailed ${mailed.get(r.id) ?? 0} times`),
    ...(sent.length === replies.length ? [] : [`${sent.length} mails were written for ${replies.length} replies`]),
  ]
}

interface Things {
  tickets: Ticket[]
  messages: Message[]
  journal: InboundMail[]
}

/** Numbered from one without a gap, each event once, and one for each thing that happened. */
function feedFaults(events: Event[], { tickets, messages, journal }: Things): string[] {
  const faults: string[] = []
  for (const [n, { sequence }] of events.entries())
    if (sequence !== n + 1) faults.push(`place ${n + 1} of the feed has the sequence ${sequence}`)
  if (new Set(events.map(({ id }) => id)).size !== events.length) faults.push('the feed holds an event twice')

  const told = countsOf(events.flatMap(({ type, ticketId, data }) => [...subjectsOf(type, ticketId, data)]))
  const happened = [
    ...tickets.map(({ id }) => `ticket.opened ${id}`),
    ...messages.map(({ id }) => `message ${id}`),
    ...journal.map(({ id }) => `mail.received ${id}`),
  ]
  for (const thing of happened)
    if (told.get(thing) !== 1) faults.push(`${thing} was told ${told.get(thing) ?? 0} times`)
  for (const thing of told.keys()) if (!happened.includes(thing)) faults.push(`${thing} was told, and is not there`)
  return faults
}

function* subjectsOf(type: string, ticketId: string | null, { messageId, inboundMailId }: Event['data']) {
  if (type === 'ticket.opened') yield `ticket.opened ${ticketId}`
  if (messageId) yield `message ${messageId}`
  if (inboundMailId) yield `mail.received ${inboundMailId}`
}

/** The journal keeps what was sent, byte for byte. */
async function rawFaults(target: Target, { delivered }: RelayResult): Promise<string[]> {
  const { url } = await target.service()
  const faults = await eachOf(delivered, async ({ mail, inboundMailId }) => {
    const headers = { authorization: `Bearer ${target.key()}` }
    const answer = await fetch(`${url}/v1/mail/inbound/${inboundMailId}/raw`, { headers })
    const bytes = Buffer.from(await answer.arrayBuffer())
    return hashOf(bytes) === hashOf(mail.raw)
      ? []
      : [`${mail.canary} is kept otherwise than it was sent (${answer.status})`]
  })
  return faults.flat()
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

async function eachOf<T, R>(all: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < all.length; at += AT_ONCE)
    results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(read))))
  return results
}
