import { asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { DeskEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { tickets } from '../tickets/table.ts'
import type { RuleRow } from './store.ts'
import { rules, ruleTimers } from './table.ts'

export type TimerRow = typeof ruleTimers.$inferSelect

interface Begun {
  id: string
  ruleKey: string
  revision: number
  waitsFrom: number
  ticketId: string
  eventId: string
  depth: number
  lineage: string[]
  isSilenced: boolean
  seconds: number
}

// Due by the database's clock. Of several events the first one counts: the same rule waits on a ticket once, unless what waited is void.
const begin = prepareSql<Begun, never>()(
  ($) => sql`insert into ${ruleTimers} as waiting
    (id, rule_key, revision, ticket_id, event_id, depth, lineage, is_silenced, due_at, try_at, attempts, created_at)
    select ${$.id}, ${$.ruleKey}, ${$.revision}::int, ${$.ticketId}, ${$.eventId}, ${$.depth}::int, ${$.lineage}::text[],
      ${$.isSilenced}::boolean, due, due, 0, now() from (select now() + make_interval(secs => ${$.seconds}::int) as due) as moment
    on conflict (ticket_id, rule_key) do update set id = excluded.id, revision = excluded.revision, event_id = excluded.event_id,
      depth = excluded.depth, lineage = excluded.lineage, is_silenced = excluded.is_silenced, due_at = excluded.due_at,
      try_at = excluded.try_at, attempts = 0, created_at = excluded.created_at
    where waiting.revision < ${$.waitsFrom}::int`,
)

/** A rule begins to wait on the ticket of an event. The caller holds the ticket. */
export function beginWait(
  context: CommandContext,
  { key: ruleKey, revision, waitsFrom, after }: RuleRow,
  { id: eventId, depth, lineage }: DeskEvent,
  { ticketId, isSilenced }: { ticketId: string; isSilenced: boolean },
): void {
  if (!after) throw new Error(`${ruleKey} does not wait`)
  const came = { eventId, depth, lineage: [...lineage], isSilenced }
  const { seconds } = after
  context.send(begin.bind({ id: newId('rtm'), ruleKey, revision, waitsFrom, ticketId, ...came, seconds }))
}

const end = prepareSql<{ ticketId: string; keys: string[] }, never>()(
  ($) =>
    sql`delete from ${ruleTimers} where ${ruleTimers.ticketId} = ${$.ticketId} and ${ruleTimers.ruleKey} = any(${$.keys}::text[])`,
)

/** An event ends the waits of these rules on its ticket; what rules did is heard by those that take part in it. */
export function endWaits(
  context: CommandContext,
  ended: readonly RuleRow[],
  { actor }: DeskEvent,
  ticketId: string,
): void {
  const keys = ended.filter(({ reactToRules }) => reactToRules || actor.kind !== 'rule').map(({ key }) => key)
  if (keys.length) context.send(end.bind({ ticketId, keys }))
}

/** Whether the rule of a timer still waits: waits of a rule that was changed, switched off or removed since count no more. */
export const isAwaited: SQL = sql`exists (select 1 from ${rules} where ${rules.key} = ${ruleTimers.ruleKey} and ${rules.enabled}
  and ${rules.state} = 'published' and ${rules.after} is not null and ${rules.waitsFrom} <= ${ruleTimers.revision})`

// a ticket that a command holds just now comes with the next look
const heldTicket = prepare<{ id: string }>()(($) =>
  build
    .select({ id: sql<string>`${tickets.id}` })
    .from(tickets)
    .where(eq(tickets.id, $.id))
    .for('update', { skipLocked: true }),
)

const firstDue = prepare<{ ticketId: string }>()(($) =>
  build
    .select(rowOf(ruleTimers))
    .from(ruleTimers)
    .where(sql`${ruleTimers.ticketId} = ${$.ticketId} and ${ruleTimers.tryAt} <= now()`)
    .orderBy(asc(ruleTimers.dueAt), asc(ruleTimers.id))
    .limit(1)
    .for('update'),
)

/**
 * What is due first on a ticket, locked with the ticket until the commit; undefined where nothing is, or where somebody else holds the
 * ticket: nobody waits for a process that may be stopped.
 */
export async function lockDueTimer(tx: Connection, ticketId: string): Promise<TimerRow | undefined> {
  const [ticket] = (await tx.query(heldTicket.bind({ id: ticketId }))).rows
  // only now: who ended the wait did so under the ticket's lock
  return ticket && (await tx.query(firstDue.bind({ ticketId }))).rows[0]
}
