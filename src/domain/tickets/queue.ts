import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'

interface Queue {
  /** Null: the queues of this person's teams, and what belongs to no team. */
  teamId: string | null
  personId: string
  /** Where their role narrows what they see: the teams it leaves them, and nothing else. */
  only: readonly string[] | null
}

// in the order of tickets_unresolved_of_assignee: of the most urgent only the first few are read
const next = prepareSql<Queue, { id: string }>()(
  ($) => sql`select id from tickets where assignee_id is null and status_category = 'open'
    and deleted_at is null and merged_into_id is null and not spam and snoozed_at is null
    and (team_id = ${$.teamId} or (${$.teamId}::text is null
      and (team_id is null or team_id in (select m.team_id from team_members m where m.person_id = ${$.personId}))))
    and (${$.only}::text[] is null or team_id = any(${$.only}::text[]))
    order by priority_rank desc, updated_at, id limit 1 for update skip locked`,
)

/** The ticket that is next, locked; those that others are taking are passed over. */
export const nextInQueue = async (tx: Connection, queue: Queue): Promise<string | undefined> =>
  (await tx.query(next.bind(queue))).rows[0]?.id
