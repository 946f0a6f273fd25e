import { type SQLWrapper, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'

interface Pair {
  from: string
  into: string
}
type Names = Record<keyof Pair | 'now', SQLWrapper>

/** What refers to a person is moved by the table, in statements that each touch only what is theirs. */
const moves = [
  // they moved for everybody: whoever edits one learns of it
  (
    $: Names,
  ) => sql`update tickets set requester_id = case when requester_id = ${$.from} then ${$.into} else requester_id end,
      assignee_id = case when assignee_id = ${$.from} then ${$.into} else assignee_id end,
      last_activity_by = case when last_activity_by = ${$.from} then ${$.into} else last_activity_by end,
      version = version + 1, public_version = public_version + 1, updated_at = ${$.now}, public_updated_at = ${$.now}
    where requester_id = ${$.from} or assignee_id = ${$.from}`,
  ($: Names) => sql`update messages set author_id = ${$.into} where author_id = ${$.from}`,
  ($: Names) => sql`update attachments set uploaded_by_id = ${$.into} where uploaded_by_id = ${$.from}`,
  ($: Names) => sql`insert into ticket_followers (ticket_id, person_id, source, added_by_id, created_at)
    select ticket_id, ${$.into}, source, added_by_id, created_at from ticket_followers where person_id = ${$.from} on conflict do nothing`,
  ($: Names) => sql`delete from ticket_followers where person_id = ${$.from}`,
  ($: Names) => sql`insert into conversation_participants (conversation_id, person_id, added_by_id, created_at)
    select conversation_id, ${$.into}, added_by_id, created_at from conversation_participants where person_id = ${$.from} on conflict do nothing`,
  ($: Names) => sql`delete from conversation_participants where person_id = ${$.from}`,
  // what either of them has read was read
  ($: Names) => sql`insert into ticket_reads (person_id, ticket_id, message_id, read_at)
    select ${$.into}, ticket_id, message_id, read_at from ticket_reads where person_id = ${$.from}
    on conflict (person_id, ticket_id) do update set message_id = greatest(ticket_reads.message_id, excluded.message_id),
      read_at = greatest(ticket_reads.read_at, excluded.read_at)`,
  ($: Names) => sql`delete from ticket_reads where person_id = ${$.from}`,
  (
    $: Names,
  ) => sql`insert into team_members (team_id, person_id) select team_id, ${$.into} from team_members where person_id = ${$.from}
    and exists (select from people where id = ${$.into} and acts_as <> 'requester') on conflict do nothing`,
  ($: Names) => sql`delete from team_members where person_id = ${$.from}`,
  ($: Names) => sql`update notifications set person_id = ${$.into} where person_id = ${$.from}`,
  ($: Names) => sql`update outbound_mails set person_id = ${$.into} where person_id = ${$.from}`,
  ($: Names) => sql`update views set owner_id = ${$.into} where owner = 'person' and owner_id = ${$.from}`,
  ($: Names) =>
    sql`update absences set substitute_id = ${$.into} where substitute_id = ${$.from} and person_id <> ${$.into}`,
  ($: Names) => sql`update contracts set requester_id = ${$.into} where requester_id = ${$.from}`,
  ($: Names) => sql`update people set merged_into_id = ${$.into} where merged_into_id = ${$.from}`,
  // nobody gets in by what was theirs
  ($: Names) => sql`update api_keys set revoked_at = coalesce(revoked_at, ${$.now}) where person_id = ${$.from}`,
  ($: Names) => sql`delete from passwords where person_id = ${$.from}`,
  ($: Names) => sql`delete from one_time_tokens where person_id = ${$.from}`,
  // an address that is worth more now must be proven anew: it would open the rights of the other one
  ($: Names) => sql`update person_emails e set person_id = ${$.into},
      verified_at = case when (select role from people where id = ${$.into}) = (select role from people where id = ${$.from}) then e.verified_at end
    where person_id = ${$.from}`,
].map((statement) => prepareSql<Pair & { now: string }, never>()(statement))

/** Moves all that refers to one person to another. */
export async function moveAll({ query, now }: CommandContext, pair: Pair): Promise<void> {
  for (const move of moves) await query(move.bind({ ...pair, now }))
}

/** Tickets of one person that are moved at once. */
export const MOVED_MAX = 5_000

const counted = prepareSql<{ id: string }, { count: number }>()(
  (
    $,
  ) => sql`select count(*)::int as count from (select from tickets where requester_id = ${$.id} or assignee_id = ${$.id}
    limit ${sql.raw(String(MOVED_MAX + 1))}) moved`,
)

/** How many tickets would move, at most one more than may. */
export const countMoved = async (tx: Connection, id: string): Promise<number> =>
  (await tx.query(counted.bind({ id }))).rows[0]?.count ?? 0
