import { parseArgs } from 'node:util'
import type { MailWorkload } from './mail-workloads.ts'
import { type Workload, workloads } from './workloads.ts'

export interface Arguments {
  tickets: number
  connections: number
  seconds: number
  rounds: number
  workloads: readonly (Workload | MailWorkload)[]
  database: string | undefined
  /** So many rules of our own beside the shipped ones; 0: none at all; undefined: the shipped ones. */
  rules: number | undefined
  /** A folder for a CPU profile of Kontor. */
  profile: string | undefined
}

const COUNTS = {
  tickets: { usual: 10_000, max: 2_000_000 },
  connections: { usual: 16, max: 256 },
  seconds: { usual: 3, max: 60 },
  rounds: { usual: 5, max: 50 },
} as const

/** What was asked for on the command line; throws a sentence about what it cannot read. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tickets: { type: 'string' },
      connections: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      database: { type: 'string' },
      rules: { type: 'string' },
      profile: { type: 'string' },
    },
  })
  const count = (name: keyof typeof COUNTS) => countFrom(name, values[name])
  return {
    tickets: count('tickets'),
    connections: count('connections'),
    seconds: count('seconds'),
    rounds: count('rounds'),
    workloads: values.only === undefined ? workloads : values.only.split(',').map(workloadNamed),
    database: values.database ?? (env.BENCH_DATABASE_URL || undefined),
    rules: values.rules === undefined ? undefined : rulesFrom(values.rules),
    profile: values.profile,
  }
}

function countFrom(name: keyof typeof COUNTS, text: string | undefined): number {
  const { usual, max } = COUNTS[name]
  if (text === undefined) return usual
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= max) return count
  throw new Error(`--${name} must be a whole number from 1 to ${max}, not ${text}`)
}

const RULES_MAX = 10_000

function rulesFrom(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= RULES_MAX) return count
  throw new Error(`--rules must be a whole number from 0 to ${RULES_MAX}, not ${text}`)
}

function workloadNamed(name: string): Workload | MailWorkload {
  const found = workloads.find((workload) => workload.name === name)
  if (found) return found
  throw new Error(`--only takes ${workloads.map((workload) => workload.name).join(', ')}, not ${name}`)
}
