import { createHash } from 'node:crypto'
import { type SQLWrapper, sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { JobRow } from '../bulk/store.ts'
import { attemptKeys } from '../login/attempts.ts'
import type { PersonRow } from '../people/decide.ts'
import { DIGEST_MINUTES } from '../people/schema.ts'
import { people } from '../people/table.ts'
import { removeBlobs } from './blobs.ts'
import type { Whose } from './places.ts'

type Names = Record<'ids' | 'addresses' | 'needles' | 'keys', SQLWrapper>
type Values = Record<keyof Names, string[]>

const mine = ($: Names) => sql`any(${$.ids}::text[])`
const tickets = ($: Names) => sql`(select t.id from tickets t where t.requester_id = ${mine($)})`

/** What hangs on a person or on their tickets, and is found by an index or is short. */
const statements = [
  ($: Names) => sql`update tickets set last_message_preview = null, fields = '{}' where requester_id = ${mine($)}`,
  ($: Names) => sql`update rule_runs set changes = '{}', detail = null where ticket_id in ${tickets($)}`,
  ($: Names) => sql`update time_entries set note = null where person_id = ${mine($)} or ticket_id in ${tickets($)}`,
  ($: Names) => sql`update timesheets set note = null where person_id = ${mine($)}`,
  ($: Names) =>
    sql`update contract_ledger set note = null where note is not null and contract_id in (select id from contracts where requester_id = ${mine($)})`,
  ($: Names) => sql`update contracts set name = '', note = null, turns_at = null, ended_at = coalesce(ended_at, now())
    where requester_id = ${mine($)}`,
  ($: Names) => sql`delete from mail_references where ticket_id in ${tickets($)}`,
  ($: Names) =>
    sql`delete from correspondents where address = any(${$.addresses}::text[]) or ticket_id in ${tickets($)}`,
  ($: Names) => sql`delete from reply_addresses where address = any(${$.addresses}::text[])`,
  ($: Names) => sql`delete from suppressed_addresses where address = any(${$.addresses}::text[])`,
  ($: Names) => sql`delete from ticket_followers where person_id = ${mine($)}`,
  ($: Names) => sql`delete from conversation_participants where person_id = ${mine($)}`,
  ($: Names) => sql`update conversations set title = '' where ticket_id in ${tickets($)}`,
  ($: Names) => sql`delete from ticket_reads where person_id = ${mine($)}`,
  ($: Names) => sql`delete from notifications where person_id = ${mine($)}`,
  ($: Names) => sql`delete from team_members where person_id = ${mine($)}`,
  ($: Names) => sql`delete from workloads where person_id = ${mine($)}`,
  ($: Names) => sql`delete from absences where person_id = ${mine($)}`,
  ($: Names) => sql`delete from views where owner = 'person' and owner_id = ${mine($)}`,
  ($: Names) => sql`delete from one_time_tokens where person_id = ${mine($)}`,
  ($: Names) => sql`delete from passwords where person_id = ${mine($)}`,
  ($: Names) => sql`delete from sessions where person_id = ${mine($)}`,
  ($: Names) => sql`delete from login_attempts where key = any(${$.keys}::text[])`,
  ($: Names) => sql`delete from idempotency_keys where credential = ${mine($)}
    or credential in (select id from api_keys where person_id = ${mine($)})
    or exists (select from unnest(${$.needles}::text[]) as needle where strpos(lower(result::text), needle) > 0)
    or exists (select from tickets t where t.requester_id = ${mine($)} and strpos(result::text, t.id) > 0)`,
  ($: Names) =>
    sql`update api_keys set name = '', revoked_at = coalesce(revoked_at, now()) where person_id = ${mine($)}`,
  ($: Names) => sql`delete from rule_simulation_tickets where ticket_id in ${tickets($)}`,
  ($: Names) =>
    sql`update people set name = null, locale = null, time_zone = null, notices = '{}', digest_minutes = default where merged_into_id = ${mine($)}`,
  ($: Names) => sql`delete from person_emails where person_id = ${mine($)}`,
].map((statement) => prepareSql<Values, never>()(statement))

const unusedFiles = prepareSql<{ ids: string[] }, { sha256: string }>()(
  ($) =>
    sql`delete from attachments where uploaded_by_id = any(${$.ids}::text[]) and message_id is null returning sha256`,
)

const blankSubjects = prepareSql<{ ids: string[] }, never>()(
  ($) => sql`update tickets set subject = '' where requester_id = any(${$.ids}::text[])`,
)

/** The last step: what hangs on the person, and the person. Their id stays, and names nobody. */
export async function blankPerson(
  context: CommandContext,
  { person, whose }: { person: PersonRow; whose: Whose },
  { id: jobId, subjects }: Pick<JobRow, 'id' | 'subjects'>,
): Promise<void> {
  const { query, update, emit, now } = context
  const keys = whose.addresses.flatMap(attemptKeys)
  for (const statement of statements) await query(statement.bind({ ...whose, keys }))
  const files = await query(unusedFiles.bind({ ids: whose.ids }))
  await removeBlobs(
    context,
    files.rows.map(({ sha256 }) => sha256),
  )
  if (subjects) await query(blankSubjects.bind({ ids: whose.ids }))
  const email = `${createHash('sha256').update(person.id).digest('hex').slice(0, 16)}@erased.invalid`
  update(people, person, {
    name: null,
    email,
    emails: [],
    locale: null,
    timeZone: null,
    organizationId: null,
    organizationVouched: false,
    notices: {},
    digestMinutes: DIGEST_MINUTES,
    supportTeam: false,
    disabledAt: person.disabledAt ?? now,
    erasedAt: now,
    version: person.version + 1,
    updatedAt: now,
  })
  emit({
    type: 'person.erased',
    object: { type: 'person', id: person.id, version: person.version },
    data: { jobId },
  })
}
