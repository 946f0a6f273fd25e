import { openHome, type ServerDatabase, type Service } from '../support/process.ts'
import { ask } from './ask.ts'
import type { TortureResult } from './kill.ts'
import { started } from './several.ts'
import { readAll, type Target } from './target.ts'

export interface RoundRobinParts {
  tickets: number
  /** A server's; embedded without one. */
  database?: ServerDatabase | undefined
}

const AGENTS = 7
/** To each process. */
const CONNECTIONS = 8

interface Ticket {
  id: string
  assigneeId: string | null
}

/** Many tickets at once, by two processes on a server: those whose turn it is get as many as the others, or one more. */
export async function roundRobinRun({ tickets, database }: RoundRobinParts): Promise<TortureResult> {
  const home = await openHome(database)
  try {
    const services = await started(home, database ? 2 : 1)
    const [first] = services
    const key = first?.firstKey() ?? ''
    if (!first) throw new Error('no process was started')
    const team = await makeTeam(first, key)
    const since = performance.now()
    const left = Array.from({ length: tickets }, (_, n) => n)
    const made = await Promise.all(services.map((service) => openAll(service, key, left)))
    const seconds = (performance.now() - since) / 1_000
    const target: Target = { service: async () => first, key: () => key, signal: new AbortController().signal }
    return judged(await readAll<Ticket>(target, '/tickets'), { team, made, tickets, seconds })
  } finally {
    await home.close()
  }
}

/** Seven agents who take turns, and nobody else. */
async function makeTeam(service: Service, key: string): Promise<string[]> {
  const { id: admin } = await ask<{ id: string }>(service, key, 'GET', '/me')
  await ask(service, key, 'PATCH', `/people/${admin}`, { supportTeam: false })
  const people = Array.from({ length: AGENTS }, (_, n) =>
    ask<{ id: string }>(service, key, 'POST', '/people', { email: `agent${n}@example.com`, role: 'agent' }),
  )
  const team = await Promise.all(people)
  await ask(service, key, 'PATCH', '/rules/round_robin', { enabled: true })
  return team.map(({ id }) => id)
}

/** Opens what is left, so many at once; gives back how many this process took. */
async function openAll(service: Service, key: string, left: number[]): Promise<number> {
  let made = 0
  const open = async () => {
    for (let n = left.pop(); n !== undefined; n = left.pop()) {
      const requester = { email: `r${n % 40}@example.com` }
      await ask(service, key, 'POST', '/tickets', { subject: `Ticket ${n}`, body: 'It burns.', requester })
      made++
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, open))
  return made
}

interface Run {
  team: string[]
  /** By process. */
  made: number[]
  tickets: number
  seconds: number
}

function judged(found: Ticket[], { team, made, tickets, seconds }: Run): TortureResult {
  const shares = team.map((id) => found.filter(({ assigneeId }) => assigneeId === id).length)
  const spread = Math.max(...shares) - Math.min(...shares)
  const assigned = shares.reduce((sum, share) => sum + share, 0)
  return {
    figures: [
      `${found.length} tickets to ${team.length} agents by ${made.length} process(es) (${made.join(' and ')}): ${shares.join(', ')}`,
      `max − min ${spread}; ${seconds.toFixed(1)} s`,
    ].join('; '),
    violations: [
      ...(found.length === tickets ? [] : [`${tickets} tickets were opened, ${found.length} are there`]),
      ...(assigned === found.length ? [] : [`${found.length - assigned} tickets went to nobody of the team`]),
      ...(spread <= 1 ? [] : [`somebody has ${spread} tickets more than another`]),
      ...(made.every((share) => share > 0) ? [] : ['a process opened no ticket: nothing was shown']),
    ],
  }
}
