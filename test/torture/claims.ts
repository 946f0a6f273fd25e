import { openHome, type ServerDatabase, type Service } from '../support/process.ts'
import { ask } from './ask.ts'
import type { TortureResult } from './kill.ts'
import { type Random, randomFrom } from './random.ts'
import { started } from './several.ts'
import { readAll, type Target } from './target.ts'

export interface ClaimsParts {
  /** Each of the agents claims each of them. */
  claimed: number
  seed: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

const AGENTS = 10
/** Of each agent. */
const AT_ONCE = 4
const APART_MAX = 6

interface Agent {
  id: string
  key: string
}
interface Claim {
  ticketId: string
  agent: Agent
  status: number
  code: string | undefined
  assigneeId: string | null | undefined
}

/** All agents claim all tickets at once, by two processes on a server: each ticket goes to one of them, and the others are told to whom. */
export async function claimsRun({ claimed, seed, database }: ClaimsParts): Promise<TortureResult> {
  const home = await openHome(database)
  try {
    const services = await started(home, database ? 2 : 1)
    const [first] = services
    if (!first) throw new Error('no process was started')
    const key = first.firstKey() ?? ''
    const agents = await Promise.all(Array.from({ length: AGENTS }, (_, n) => makeAgent(first, key, n)))
    const ids: string[] = []
    for (let n = 0; n < claimed; n++) ids.push(await openOne(first, key, n))
    const random = randomFrom(seed)
    const since = performance.now()
    const claims = await Promise.all(
      agents.map((agent, n) => claimAll(services[n % services.length] ?? first, agent, nearlyInOrder(ids, random))),
    )
    const seconds = (performance.now() - since) / 1_000
    const target: Target = { service: async () => first, key: () => key, signal: new AbortController().signal }
    const tickets = await readAll<{ id: string; assigneeId: string | null }>(target, '/tickets')
    return judged(claims.flat(), new Map(tickets.map(({ id, assigneeId }) => [id, assigneeId])), ids, seconds)
  } finally {
    await home.close()
  }
}

async function makeAgent(service: Service, key: string, n: number): Promise<Agent> {
  const email = `agent${n}@example.com`
  const { id } = await ask<{ id: string }>(service, key, 'POST', '/people', { email, role: 'agent' })
  const made = await ask<{ key: string }>(service, key, 'POST', '/api-keys', { name: 'Claims', personId: id })
  return { id, key: made.key }
}

async function openOne(service: Service, key: string, n: number): Promise<string> {
  const requester = { email: `r${n % 40}@example.com` }
  const opened = { subject: `Ticket ${n}`, body: 'It burns.', requester }
  return (await ask<{ id: string }>(service, key, 'POST', '/tickets', opened)).id
}

/** The same order for everybody but for a little, so that nobody is always the first. */
function nearlyInOrder(ids: readonly string[], random: Random): string[] {
  const placed = ids.map((id, n) => ({ id, at: n + random.integer(0, APART_MAX) }))
  return placed.sort((a, b) => a.at - b.at).map(({ id }) => id)
}

/** One agent's claims, several at once. */
async function claimAll({ url }: Service, agent: Agent, ids: readonly string[]): Promise<Claim[]> {
  const left = [...ids].reverse()
  const claims: Claim[] = []
  const work = async () => {
    for (let ticketId = left.pop(); ticketId !== undefined; ticketId = left.pop()) {
      const answer = await fetch(`${url}/v1/tickets/${ticketId}/claim`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.key}` },
      })
      const { code, assigneeId } = (await answer.json()) as { code?: string; assigneeId?: string } // a ticket, or a problem
      claims.push({ ticketId, agent, status: answer.status, code, assigneeId })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return claims
}

function judged(
  claims: readonly Claim[],
  assignees: ReadonlyMap<string, string | null>,
  ids: readonly string[],
  seconds: number,
): TortureResult {
  const violations: string[] = []
  const byTicket = Map.groupBy(claims, ({ ticketId }) => ticketId)
  for (const id of ids) {
    const holder = assignees.get(id)
    const of = byTicket.get(id) ?? []
    const won = of.filter(({ status }) => status === 200)
    if (won.length !== 1 || won[0]?.agent.id !== holder)
      violations.push(`${id}: ${won.length} got it, ${holder} has it`)
    for (const { status, code, assigneeId, agent } of of.filter((claim) => !won.includes(claim)))
      if (status !== 409 || code !== 'already_claimed' || assigneeId !== holder)
        violations.push(`${id}: ${agent.id} was answered ${status} ${code}, naming ${assigneeId} instead of ${holder}`)
  }
  if (claims.length !== ids.length * AGENTS) violations.push(`${claims.length} claims were answered`)
  const shares = [...Map.groupBy(assignees.values(), (id) => id).values()].map((all) => all.length)
  return {
    figures: `${claims.length} claims of ${ids.length} tickets by ${AGENTS} agents in ${seconds.toFixed(1)} s, who got ${shares.join(', ')}`,
    violations,
  }
}
