import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { Assignee, TicketRow } from '../tickets/decide.ts'
import { seenByStaff } from '../tickets/reach.ts'

/** Of more nobody is told: a note is no mailing list. */
const MENTIONS_MAX = 20
/** `@ada@desk.example` or `@per_…`, at the beginning of a word. */
const MENTION =
  /(?<![\p{L}\p{N}@._+-])@(?:(per_[a-z\d]{26})|([^\s<>()[\]@,;:"\\]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,10}))/gu

interface Mentions {
  ids: string[]
  addresses: string[]
}

/** Who is written to in a text, by id or by any of their addresses; the first twenty. */
export function mentionsIn(text: string): Mentions {
  const ids = new Set<string>()
  const addresses = new Set<string>()
  for (const [, id, written] of text.matchAll(MENTION)) {
    const address = written === undefined ? undefined : normaliseAddress(written)
    if (id !== undefined) ids.add(id)
    else if (address !== undefined) addresses.add(address)
    if (ids.size + addresses.size === MENTIONS_MAX) break
  }
  return { ids: [...ids], addresses: [...addresses] }
}

/** Whether anybody is written to: then they have to be looked for. */
export function mentionsAnybody(text: string): boolean {
  const { ids, addresses } = mentionsIn(text)
  return ids.length > 0 || addresses.length > 0
}

const among = prepareSql<
  Mentions & { assigneeId: string | null; requesterId: string; teamId: string | null },
  Assignee
>()(
  ($) => sql`select p.id, p.name, p.email, p.notices from people p
    where (p.id = any(${$.ids}::text[]) or p.id in (select person_id from person_emails where address = any(${$.addresses}::text[])))
      and p.disabled_at is null and p.acts_as <> 'requester'
      and ${seenByStaff({ assigneeId: sql`${$.assigneeId}::text`, requesterId: sql`${$.requesterId}`, teamId: sql`${$.teamId}::text` })}
    order by p.id`,
)

/** Those of them who work here and see the ticket; whoever does not is not told, and nobody learns why. A text without any costs no statement. */
export async function findMentioned(
  tx: Connection,
  text: string,
  { assigneeId, requesterId, teamId }: Pick<TicketRow, 'assigneeId' | 'requesterId' | 'teamId'>,
): Promise<Assignee[]> {
  if (!mentionsAnybody(text)) return []
  return (await tx.query(among.bind({ ...mentionsIn(text), assigneeId, requesterId, teamId }))).rows
}
