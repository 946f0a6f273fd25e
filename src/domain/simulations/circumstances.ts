import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { after, MINUTE_MS, SECOND_MS } from '../../kernel/clock.ts'
import { idBefore } from '../../kernel/ids.ts'
import { GENERATIONS_MAX } from '../rules/guards.ts'
import { ruleEvents, type TriedRule } from '../rules/schema.ts'
import type { Around, SeenEvent, WaitEnd } from './asked.ts'

interface Origin {
  id: string
  depth: number
  hasActed: boolean
}

// up the chain of causes; what came before the end of a wait was done in another request
const origins = prepareSql<{ ids: string[]; key: string }, Origin>()(
  ($) => sql`with recursive up(id, parent, depth, over_wait, acted) as (
      select id, cause->>'eventId', 0, type = 'rule.due', false
        from events where id = any(${$.ids}::text[])
      union all
      select up.id, e.cause->>'eventId', up.depth + 1, up.over_wait or e.type = 'rule.due',
          up.over_wait and coalesce(e.cause->>'ruleKey' = ${$.key}, false)
        from up join events e on e.id = up.parent where up.depth < ${sql.raw(String(GENERATIONS_MAX))}
    )
    select id, max(depth) as depth, bool_or(acted) as "hasActed" from up group by id`,
)

const stoppers = prepareSql<
  { ids: string[]; ticketIds: string[]; key: string; position: number },
  { eventId: string; ruleKey: string }
>()(
  ($) => sql`select r.event_id as "eventId", r.rule_key as "ruleKey" from rule_runs r
    join rule_revisions d on d.rule_key = r.rule_key and d.revision = r.revision
    where r.ticket_id = any(${$.ticketIds}::text[]) and r.event_id = any(${$.ids}::text[]) and r.outcome = 'fired'
      and r.rule_key <> ${$.key} and (d.definition->>'stop')::boolean
      and ((d.definition->>'position')::int, r.rule_key) < (${$.position}::int, ${$.key}::text)`,
)

interface Waits {
  ids: string[]
  /** No event of the time of the wait has an id behind this one. */
  idBounds: string[]
  ticketIds: string[]
  key: string
  seconds: number
  unless: string[]
  reactToRules: boolean
  /** Events that keep the facts of their ticket. */
  factual: string[]
  until: string
}

// Where the rule did wait so long from the event on, the end that was; else what the ticket was by the last event before its end.
const ends = prepareSql<Waits, WaitEnd & { eventId: string }>()(
  ($) => sql`with dues as materialized (
      select d.id, d.at, d.request_id, d.facts, d.cause->>'eventId' as event_id from events d
        join rule_revisions r on r.rule_key = ${$.key} and r.revision = d.object_version
        where d.ticket_id = any(${$.ticketIds}::text[]) and d.type = 'rule.due' and d.object_id = ${$.key}
          and d.cause->>'eventId' = any(${$.ids}::text[]) and (r.definition->'after'->>'seconds')::int = ${$.seconds}::int
    )
    select begun.id as "eventId", over.at as "dueAt",
      case when due.id is not null then jsonb_build_object('id', due.id, 'requestId', due.request_id) end as due,
      (select jsonb_build_object('id', x.id, 'type', x.type) from events x
        where x.ticket_id = begun.ticket_id and x.id > begun.id and x.id < over.id_bound and x.at <= ${$.until} and (due.id is not null or x.at < over.at)
          and x.type = any(${$.unless}::text[]) and (${$.reactToRules}::boolean or x.actor_kind <> 'rule')
        order by x.id limit 1) as "endedBy",
      coalesce(due.facts, (select s.facts from events s
        where s.ticket_id = begun.ticket_id and s.id >= begun.id and s.id < over.id_bound and s.at <= over.at and s.type = any(${$.factual}::text[])
        order by s.id desc limit 1)) as facts
    from unnest(${$.ids}::text[], ${$.idBounds}::text[]) as asked (id, id_bound)
      join events begun on begun.id = asked.id
      left join dues due on due.event_id = begun.id
      cross join lateral (select coalesce(due.at, begun.at + make_interval(secs => ${$.seconds}::int)) as at,
        coalesce(due.id, asked.id_bound) as id_bound) as over`,
)

const factual = [...ruleEvents, 'rule.due']

interface Situation {
  key: string
  rule: TriedRule
  /** The last moment of which anything is known. */
  until: string
}

/** What was around events: what led to them, which rule ahead of this one stopped them then, and how waits from them on ended. */
export async function circumstancesOf(
  tx: Pick<Connection, 'query'>,
  situation: Situation,
  seen: readonly SeenEvent[],
): Promise<(eventId: string) => Around> {
  const ids = seen.map(({ event }) => event.id)
  const ticketIds = [...new Set(seen.map(({ event }) => event.ticketId))]
  const { key, rule } = situation
  const [led, stopped, ended] = seen.length
    ? await Promise.all([
        tx.query(origins.bind({ ids, key })),
        tx.query(stoppers.bind({ ids, ticketIds, key, position: rule.position })),
        endsOf(tx, situation, seen, ticketIds),
      ])
    : [{ rows: [] }, { rows: [] }, []]
  const originOf = new Map(led.rows.map((origin) => [origin.id, origin]))
  const stopperOf = new Map(stopped.rows.map(({ eventId, ruleKey }) => [eventId, ruleKey]))
  const endOf = new Map(ended.map((end) => [end.eventId, end]))
  return (id) => {
    const { depth, hasActed } = originOf.get(id) ?? { depth: 0, hasActed: false }
    return { depth, hasActed, stoppedBy: stopperOf.get(id), end: endOf.get(id) }
  }
}

async function endsOf(
  tx: Pick<Connection, 'query'>,
  { key, rule: { after: wait, reactToRules }, until }: Situation,
  seen: readonly SeenEvent[],
  ticketIds: string[],
): Promise<(WaitEnd & { eventId: string })[]> {
  if (!wait) return []
  const { seconds, unless } = wait
  // an event's id is made after its moment is taken, perhaps by a clock that is ahead
  const idBounds = seen.map(({ event }) => idBefore('evt', after(event.at, seconds * SECOND_MS + MINUTE_MS)))
  const ids = seen.map(({ event }) => event.id)
  const asked = { ids, idBounds, ticketIds, key, seconds, unless: [...unless], reactToRules, factual, until }
  return (await tx.query(ends.bind(asked))).rows
}
