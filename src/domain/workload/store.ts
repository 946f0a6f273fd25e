import { and, eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import { type Candidate, type Choice, choose, type NoChoice } from './decide.ts'
import type { Strategy, Workload } from './schema.ts'
import { absences, type assignmentTurns, workloads } from './table.ts'

type TurnRow = typeof assignmentTurns.$inferSelect

// the row is locked from here to the commit: of two tickets at once the second sees whom the first was given to
const take = prepareSql<{ key: string }, TurnRow>()(
  ($) => sql`insert into assignment_turns (key) values (${$.key}) on conflict (key) do update set key = excluded.key
    returning key, last_person_id as "lastPersonId", among, served`,
)

/** More than this take no part. */
const CANDIDATES_MAX = sql.raw('1000')
const UNRESOLVED = sql.raw(`('open', 'waiting_on_customer', 'waiting_on_other')`)

// tickets are counted where that decides something: for a measure, or against a capacity
const candidates = prepareSql<{ teamId: string | null; now: Instant; counts: boolean }, Candidate>()(
  (
    $,
  ) => sql`select p.id, w.capacity, coalesce(w.weight, 1) as weight, a.id is not null as "isAbsent", a.substitute_id as "substituteId",
      case when ${$.counts}::boolean or w.capacity is not null
        then (select count(*)::int from tickets t where t.assignee_id = p.id and t.status_category in ${UNRESOLVED} and t.deleted_at is null and t.merged_into_id is null and not t.spam) else 0 end as unresolved
    from people p left join workloads w on w.person_id = p.id
    left join lateral (select id, substitute_id from absences where person_id = p.id and ends_at > ${$.now} and starts_at <= ${$.now}
      order by ends_at desc limit 1) a on true
    where p.support_team and p.disabled_at is null
      and (${$.teamId}::text is null or exists (select 1 from team_members m where m.team_id = ${$.teamId} and m.person_id = p.id))
    order by p.id limit ${CANDIDATES_MAX}`,
)
const substitutes = prepareSql<{ ids: string[]; now: Instant }, Candidate>()(
  ($) => sql`select p.id, w.capacity, coalesce(w.weight, 1) as weight, false as "isAbsent", null as "substituteId",
      (select count(*)::int from tickets t where t.assignee_id = p.id and t.status_category in ${UNRESOLVED} and t.deleted_at is null and t.merged_into_id is null and not t.spam) as unresolved
    from people p left join workloads w on w.person_id = p.id
    where p.id = any(${$.ids}::text[]) and p.support_team and p.disabled_at is null
      and not exists (select 1 from absences where person_id = p.id and ends_at > ${$.now} and starts_at <= ${$.now})`,
)

const lastAgent = prepareSql<{ requesterId: string; ticketId: string }, { id: string }>()(
  (
    $,
  ) => sql`select assignee_id as id from (select assignee_id, id from tickets where requester_id = ${$.requesterId} and id <> ${$.ticketId}
      and deleted_at is null and merged_into_id is null and not spam
    order by id desc limit 100) latest where assignee_id is not null order by latest.id desc limit 1`,
)

export interface Chosen {
  choice: Choice | NoChoice
  row: TurnRow
}

interface Asking {
  strategy: Strategy
  teamId: string | null
  requesterId: string
  ticketId: string
  now: Instant
}

/** Chooses a person for a ticket; those who choose for the same team at once come one after another, in every process. */
export async function chooseAssignee(tx: Connection, { strategy, teamId, now, ...ticket }: Asking): Promise<Chosen> {
  const key = `round_robin ${teamId ?? 'everybody'}`
  const [taken] = (await tx.query(take.bind({ key }))).rows
  if (!taken) throw new Error('a turn was not taken')
  const [found, last] = await Promise.all([
    tx.query(candidates.bind({ teamId, now, counts: strategy === 'least_loaded' })),
    strategy === 'sticky' ? tx.query(lastAgent.bind(ticket)) : undefined,
  ])
  const members = found.rows
  const all = [...members, ...(await standIns(tx, members, now))]
  return {
    choice: choose(strategy, { members, all, turns: taken, lastAgentId: last?.rows[0]?.id ?? null }),
    row: taken,
  }
}

/** Those who stand in for an absent one and are none of the candidates themselves. */
async function standIns(tx: Connection, members: readonly Candidate[], now: Instant): Promise<Candidate[]> {
  const known = new Set(members.map(({ id }) => id))
  const ids = members.flatMap(({ isAbsent, substituteId }) =>
    isAbsent && substituteId !== null && !known.has(substituteId) ? [substituteId] : [],
  )
  return ids.length ? (await tx.query(substitutes.bind({ ids, now }))).rows : []
}

const shown = prepareSql<{ personId: string; now: Instant }, Workload>()(
  ($) => sql`select p.id as "personId", w.capacity, coalesce(w.weight, 1) as weight, coalesce(w.version, 1) as version,
      (select count(*)::int from tickets t where t.assignee_id = p.id and t.status_category in ${UNRESOLVED} and t.deleted_at is null and t.merged_into_id is null and not t.spam) as unresolved,
      (select max(ends_at) from absences where person_id = p.id and ends_at > ${$.now} and starts_at <= ${$.now}) as "absentUntil"
    from people p left join workloads w on w.person_id = p.id where p.id = ${$.personId} and p.support_team`,
)

/** How much somebody of the support team has and is given; undefined for everybody else. */
export const findWorkload = async (
  connection: Connection,
  personId: string,
  now: Instant,
): Promise<Workload | undefined> => (await connection.query(shown.bind({ personId, now }))).rows[0]

const workloadLocked = prepare<{ personId: string }>()(($) =>
  build.select(rowOf(workloads)).from(workloads).where(eq(workloads.personId, $.personId)).for('update'),
)
export const lockWorkload = async (tx: Connection, personId: string) =>
  (await tx.query(workloadLocked.bind({ personId }))).rows[0]

const ofPerson = prepare<{ personId: string; limit: number }>()(($) =>
  build
    .select(rowOf(absences))
    .from(absences)
    .where(eq(absences.personId, $.personId))
    .orderBy(sql`${absences.endsAt} desc, ${absences.id} desc`)
    .limit($.limit),
)
export const absencesOf = async (connection: Connection, personId: string, limit: number) =>
  (await connection.query(ofPerson.bind({ personId, limit }))).rows

const absenceLocked = prepare<{ personId: string; id: string }>()(($) =>
  build
    .select(rowOf(absences))
    .from(absences)
    .where(and(eq(absences.id, $.id), eq(absences.personId, $.personId)))
    .for('update'),
)
export const lockAbsence = async (tx: Connection, personId: string, id: string) =>
  (await tx.query(absenceLocked.bind({ personId, id }))).rows[0]
