import { type TicketFacts, ticketFields } from '../src/domain/tickets/conditions.ts'
import type { Vocabulary } from '../src/domain/types/store.ts'
import { parseCondition } from '../src/kernel/condition/parse.ts'
import { predicateOf } from '../src/kernel/condition/predicate.ts'

// How far compiled conditions are from the closures that somebody would write by hand for the same rules. Ratios only.

const keyed = (keys: string[]) => new Map(keys.map((key, n) => [key, { key, name: key, position: n + 1 }]))
const words = {
  types: keyed(['ticket']),
  statuses: keyed(['open', 'waiting_on_customer', 'solved', 'closed']),
  priorities: keyed(['low', 'normal', 'high', 'urgent']),
  categories: keyed([]),
  projects: keyed([]),
  fields: keyed([]),
} as unknown as Vocabulary // conditions read only the keys
const fields = ticketFields(words)
const asking = { me: 'per_1', now: '2026-11-22T12:00:00.000Z' }

type Rule = (facts: TicketFacts) => boolean

/** The same five forms of rule in both ways, each with its own values. */
const forms: ((n: number) => { written: Rule; condition: unknown })[] = [
  (n) => ({
    written: ({ ticket }) => ticket.status === 'open' && Array.isArray(ticket.tags) && ticket.tags.includes(`tag${n}`),
    condition: {
      all: [
        { field: 'status', op: 'is', value: 'open' },
        { field: 'tags', op: 'contains', value: `tag${n}` },
      ],
    },
  }),
  (n) => ({
    written: ({ ticket, requester }) =>
      (ticket.priority === 'high' || ticket.priority === 'urgent') && requester.email === `person${n}@example.com`,
    condition: {
      all: [
        { field: 'priority', op: 'gte', value: 'high' },
        { field: 'requester.email', op: 'is', value: `person${n}@example.com` },
      ],
    },
  }),
  (n) => ({
    written: ({ ticket }) =>
      typeof ticket.subject === 'string' && ticket.subject.toLowerCase().includes(`printer ${n}`),
    condition: { field: 'subject', op: 'contains', value: `printer ${n}` },
  }),
  (n) => ({
    written: ({ event, actor, ticket }) =>
      event.channel === 'email' && actor.role === 'requester' && !(ticket.assigneeId === `per_${n}`),
    condition: {
      all: [
        { field: 'event.channel', op: 'is', value: 'email' },
        { field: 'actor.role', op: 'is', value: 'requester' },
        { none: [{ field: 'assigneeId', op: 'is', value: `per_${n}` }] },
      ],
    },
  }),
  (n) => ({
    written: ({ ticket }) =>
      (typeof ticket.teamId === 'string' && ticket.teamId === `tea_${n}`) ||
      (typeof ticket.number === 'number' && ticket.number < n),
    condition: {
      any: [
        { field: 'teamId', op: 'is', value: `tea_${n}` },
        { field: 'number', op: 'lt', value: n },
      ],
    },
  }),
]

const facts: TicketFacts[] = Array.from({ length: 16 }, (_, n) =>
  JSON.parse(
    JSON.stringify({
      event: { type: 'ticket.opened', channel: n % 2 ? 'email' : 'api', at: asking.now },
      actor: { kind: 'person', id: 'per_1', role: n % 3 ? 'requester' : 'agent' },
      ticket: {
        subject: `Printer ${n * 60} is on fire again`,
        number: n * 7,
        status: n % 4 ? 'open' : 'solved',
        priority: n % 2 ? 'high' : 'low',
        tags: [`tag${n}`, 'vip'],
        ...(n % 5 ? { teamId: `tea_${n}` } : {}),
      },
      before: null,
      requester: { email: `person${n}@example.com` },
      organization: null,
      message: null,
    }),
  ),
)

const ROUND_MS = 300

/** Evaluations of a whole set in a second. */
function rate(rules: Rule[]): number {
  let sets = 0
  let held = 0
  const begun = performance.now()
  do {
    const each = facts[sets % facts.length]
    if (each) for (const rule of rules) if (rule(each)) held++
    sets++
  } while (performance.now() - begun < ROUND_MS)
  return held < 0 ? 0 : (sets * 1_000) / (performance.now() - begun)
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

for (const count of [10, 100, 1_000]) {
  const rules = Array.from({ length: count }, (_, n) => forms[n % forms.length]?.(n)).filter(
    (each) => each !== undefined,
  )
  const written = rules.map((rule) => rule.written)
  const compiled = rules.map(({ condition }): Rule => {
    const holds = predicateOf(parseCondition(condition, fields), fields)
    return (each) => holds(each, asking)
  })
  for (const each of facts) {
    const differs = rules.findIndex((_, n) => written[n]?.(each) !== compiled[n]?.(each))
    if (differs >= 0) throw new Error(`rule ${differs} is not what its closure says`)
  }
  const rounds = Array.from({ length: 5 }, () => ({ written: rate(written), compiled: rate(compiled) }))
  const ratio = median(rounds.map((round) => round.written / round.compiled))
  console.log(`${count} conditions: compiled take ${ratio.toFixed(2)} times as long as closures written by hand`)
}
