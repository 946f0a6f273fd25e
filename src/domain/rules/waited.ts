import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Kept } from './kept.ts'
import type { RuleDefinition, RuleExplanation, RunOutcome } from './schema.ts'
import { ruleTimers } from './table.ts'
import { isAwaited } from './waits.ts'

interface Found {
  dueAt: string | null
  waitsSince: string | null
  overWith: string | null
  outcome: RunOutcome | null
  endedBy: string | null
}

interface Asked {
  ticketId: string
  key: string
  eventId: string
  unless: string[]
  reactToRules: boolean
}

// ids of events grow with time: what ended a wait comes after what began it
const waited = prepareSql<Asked, Found>()(
  ($) => sql`select waiting.due_at as "dueAt", waiting.event_id as "waitsSince", over.id as "overWith", run.outcome,
      (select type || ' (' || id || ')' from events where ticket_id = ${$.ticketId} and id > ${$.eventId} and type = any(${$.unless}::text[])
        and (${$.reactToRules}::boolean or actor_kind <> 'rule') order by id limit 1) as "endedBy"
    from (select 1) as one
      left join lateral (select ${ruleTimers.dueAt}, ${ruleTimers.eventId} from ${ruleTimers}
        where ${ruleTimers.ticketId} = ${$.ticketId} and ${ruleTimers.ruleKey} = ${$.key} and ${isAwaited}) as waiting on true
      left join lateral (select id from events where ticket_id = ${$.ticketId} and id > ${$.eventId} and type = 'rule.due'
        and object_id = ${$.key} and cause ->> 'eventId' = ${$.eventId} order by id limit 1) as over on true
      left join rule_runs as run on run.ticket_id = ${$.ticketId} and run.event_id = over.id and run.rule_key = ${$.key}`,
)

export type Became = Pick<RuleExplanation, 'outcome' | 'reason'>

/** What became of the wait that a rule was to begin at an event, from what is kept. */
export async function becameOf(
  db: Connection,
  { id: eventId, ticketId }: Kept,
  key: string,
  { after, reactToRules }: RuleDefinition,
): Promise<Became> {
  const asked = { ticketId, key, eventId, unless: after?.unless ?? [], reactToRules }
  const [found] = (await db.query(waited.bind(asked))).rows
  if (found?.overWith) {
    const outcome = found.outcome ?? 'not_matched'
    return { outcome, reason: `Its conditions held, and it waited; what followed is told by ${found.overWith}.` }
  }
  if (found?.waitsSince === eventId)
    return { outcome: 'waiting', reason: `Its conditions held, and it waits until ${found.dueAt}.` }
  if (found?.waitsSince && found.waitsSince < eventId)
    return { outcome: 'waiting', reason: `Its conditions held, and it was waiting already, since ${found.waitsSince}.` }
  const by = found?.endedBy ?? 'a change of the rule, or it was waiting already'
  return { outcome: 'cancelled', reason: `Its conditions held, and it waited; that was ended by ${by}.` }
}
