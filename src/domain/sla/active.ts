import { asc, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepareSql, rowOf } from '../../db/statement.ts'
import { parseCondition } from '../../kernel/condition/parse.ts'
import { type Predicate, predicateOf } from '../../kernel/condition/predicate.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import { type TicketFacts, ticketFields } from '../tickets/conditions.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import type { SlaDefinition } from './schema.ts'
import { POLICIES_MAX, type SlaPolicyRow } from './store.ts'
import { slaPolicies, slaRevisions, slaTickets } from './table.ts'

export interface ActivePolicy {
  policy: SlaPolicyRow
  definition: SlaDefinition
  holds: Predicate<TicketFacts>
}

interface ActiveSla {
  /** In the order in which they are asked. */
  policies: readonly ActivePolicy[]
  /** Whether any ticket has clocks: a desk that never had a policy pays nothing. */
  isUsed: boolean
}

const active = prepareSql<{ limit: number }, SlaPolicyRow & { definition: SlaDefinition }>()(
  ($) =>
    sql`${build
      .select({ ...rowOf(slaPolicies), definition: rowOf(slaRevisions).definition })
      .from(slaPolicies)
      .innerJoin(
        slaRevisions,
        sql`${slaRevisions.policyKey} = ${slaPolicies.key} and ${slaRevisions.version} = ${slaPolicies.version}`,
      )
      .where(sql`${slaPolicies.enabled}`)
      .orderBy(asc(slaPolicies.position), asc(slaPolicies.key))} limit ${$.limit}`,
)
const used = prepareSql<object, { isUsed: boolean }>()(() => sql`select exists (select from ${slaTickets}) as "isUsed"`)

/** The policies that count, compiled once for each state of the vocabulary. */
export const activeSla: Cached<ActiveSla> = {
  part: 'vocabulary',
  async load(connection) {
    const [{ rows }, words, clocks] = await Promise.all([
      connection.query(active.bind({ limit: POLICIES_MAX })),
      vocabulary.load(connection),
      connection.query(used.bind({})),
    ])
    const policies = rows.map(({ definition, ...policy }) => ({
      policy,
      definition,
      holds: predicateFor(policy, words),
    }))
    return { policies, isUsed: clocks.rows[0]?.isUsed ?? false }
  },
}

/** A condition whose words are gone since it was saved never holds. */
function predicateFor(policy: SlaPolicyRow, words: Vocabulary): Predicate<TicketFacts> {
  try {
    const fields = ticketFields(words)
    return predicateOf(parseCondition(policy.if, fields, { use: 'list' }), fields)
  } catch (error) {
    if (error instanceof Problem) return () => false
    throw error
  }
}

const revisionsOf = prepareSql<
  { keys: string[]; versions: number[] },
  { policyKey: string; version: number; definition: SlaDefinition }
>()(
  ($) => sql`select policy_key as "policyKey", version, definition from sla_revisions
    where (policy_key, version) in (select * from unnest(${$.keys}::text[], ${$.versions}::int[]))`,
)

interface Bound {
  policyKey: string | null
  policyVersion: number | null
}
const nameOf = ({ policyKey, policyVersion }: Bound): string => `${policyKey} ${policyVersion}`

/** What these policies said; those that count now cost no statement. */
export async function revisionsFor(
  query: Connection['query'],
  { policies }: Pick<ActiveSla, 'policies'>,
  bound: readonly Bound[],
): Promise<(of: Bound) => SlaDefinition | undefined> {
  const known = new Map(
    policies.map(({ policy: { key, version }, definition }) => [
      nameOf({ policyKey: key, policyVersion: version }),
      definition,
    ]),
  )
  const missing = bound.filter((each) => each.policyKey !== null && !known.has(nameOf(each)))
  if (missing.length) {
    const keys = missing.map(({ policyKey }) => policyKey ?? '')
    const versions = missing.map(({ policyVersion }) => policyVersion ?? 0)
    for (const { policyKey, version, definition } of (await query(revisionsOf.bind({ keys, versions }))).rows)
      known.set(nameOf({ policyKey, policyVersion: version }), definition)
  }
  return (of) => known.get(nameOf(of))
}
