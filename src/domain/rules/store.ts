import { asc, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { parseCondition } from '../../kernel/condition/parse.ts'
import { type Predicate, predicateOf } from '../../kernel/condition/predicate.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import { type TicketFacts, ticketFields } from '../tickets/conditions.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import type { RuleDefinition } from './schema.ts'
import { ruleRevisions, rules } from './table.ts'

export type RuleRow = typeof rules.$inferSelect

export interface CompiledRule {
  rule: RuleRow
  holds: Predicate<TicketFacts>
}

const active = prepare()(() =>
  build
    .select(rowOf(rules))
    .from(rules)
    .where(sql`${rules.enabled} and ${rules.state} = 'published'`)
    .orderBy(asc(rules.position), asc(rules.key)),
)

/** The rules that may run. */
interface ActiveRules {
  /** By event type, in their order. */
  listening: ReadonlyMap<string, readonly CompiledRule[]>
  /** Those that wait before they act, by key. */
  waiting: ReadonlyMap<string, CompiledRule>
  /** Those whose waits an event ends, by its type. */
  ended: ReadonlyMap<string, readonly RuleRow[]>
}

/** The rules that may run, compiled once for each version of the rules. */
export const compiledRules: Cached<ActiveRules> = {
  part: 'rules',
  async load(connection) {
    const [{ rows }, words] = await Promise.all([connection.query(active.bind({})), vocabulary.load(connection)])
    const compiled = rows.map((rule): CompiledRule => ({ rule, holds: predicateFor(rule, words) }))
    return {
      listening: byType(compiled, ({ rule }) => rule.on),
      waiting: new Map(compiled.filter(({ rule }) => rule.after).map((each) => [each.rule.key, each])),
      ended: byType(rows, ({ after }) => after?.unless ?? []),
    }
  },
}

function byType<T>(all: readonly T[], typesOf: (one: T) => readonly string[]): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const one of all)
    for (const type of typesOf(one)) {
      const others = found.get(type)
      if (others) others.push(one)
      else found.set(type, [one])
    }
  return found
}

/** A condition whose words are gone since it was saved never holds; `explain` says so. */
function predicateFor(rule: RuleRow, words: Vocabulary): Predicate<TicketFacts> {
  try {
    const fields = ticketFields(words)
    return predicateOf(parseCondition(rule.if, fields), fields)
  } catch (error) {
    if (error instanceof Problem) return () => false
    throw error
  }
}

const byKey = prepare<{ key: string }>()(($) => build.select(rowOf(rules)).from(rules).where(eq(rules.key, $.key)))

export const findRule = async (connection: Connection, key: string): Promise<RuleRow | undefined> =>
  (await connection.query(byKey.bind({ key }))).rows[0]

const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(rules)).from(rules).where(eq(rules.key, $.key)).for('update'),
)

export const findLockedRule = async (tx: Connection, key: string): Promise<RuleRow | undefined> =>
  (await tx.query(locked.bind({ key }))).rows[0]

export async function lockRule(tx: Connection, key: string): Promise<RuleRow> {
  const rule = await findLockedRule(tx, key)
  if (!rule) throw new Problem('rule_not_found')
  return rule
}

const last = prepareSql<{ key: string }, { revision: number; position: number }>()(
  ($) => sql`select coalesce((select max(revision) from rule_revisions where rule_key = ${$.key}), 0) as revision,
    coalesce((select max(position) from rules), 0) as position`,
)

/** The last revision of this key, also of a rule that was removed, and the last position of all. */
export async function lastOf(tx: Connection, key: string): Promise<{ revision: number; position: number }> {
  const [row] = (await tx.query(last.bind({ key }))).rows
  return row ?? { revision: 0, position: 0 }
}

export const definitionOf = ({
  key: _,
  revision: _r,
  waitsFrom: _w,
  createdAt: _c,
  updatedAt: _u,
  ...definition
}: RuleRow): RuleDefinition => definition as RuleDefinition // the same members

/** Writes down what the rule says from the next version of the rules on. */
export function insertRevision({ insert, now, actor, versions }: CommandContext, rule: RuleRow): void {
  insert(ruleRevisions, {
    ruleKey: rule.key,
    revision: rule.revision,
    rulesVersion: versions.rules + 1,
    definition: definitionOf(rule),
    byId: actor.kind === 'person' ? actor.id : null,
    createdAt: now,
  })
}
