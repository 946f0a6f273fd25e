import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { after, DAY_MS } from '../../kernel/clock.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { OutboundRow } from '../outbound/decide.ts'
import { queueMail } from '../outbound/queueing.ts'
import type { PersonRow } from '../people/decide.ts'
import { subjectOf } from './letters.ts'
import type { TokenPurpose } from './schema.ts'
import { oneTimeTokens } from './table.ts'

const TOKEN_MS = DAY_MS
const TOKEN_BYTES = 32

export type TokenRow = typeof oneTimeTokens.$inferSelect

/** A mail that will carry a token. The token is made when the mail is sent, so that nobody who reads the ledger can use it. */
export function queueTokenMail(
  context: CommandContext,
  purpose: TokenPurpose,
  person: Pick<PersonRow, 'id' | 'name' | 'role' | 'locale' | 'organizationId'>,
  address: string,
): OutboundRow {
  const { insert, actor, now } = context
  const asker = actor.kind === 'system' ? 'somebody who is not logged in' : `${actor.kind} ${actor.id}`
  const mail = queueMail(context, {
    ticketId: null,
    kind: purpose,
    messageId: null,
    to: { ...person, email: address },
    subject: subjectOf(purpose),
    reason: `asked for by ${asker}`,
    eventId: null,
  })
  insert(oneTimeTokens, {
    id: newId('otk'),
    purpose,
    personId: person.id,
    address,
    hash: null,
    outboundMailId: mail.id,
    createdAt: now,
    expiresAt: after(now, TOKEN_MS),
    usedAt: null,
  })
  return mail
}

const ofMail = prepare<{ mailId: string }>()(($) =>
  build
    .select(rowOf(oneTimeTokens))
    .from(oneTimeTokens)
    .where(sql`${oneTimeTokens.outboundMailId} = ${$.mailId}`)
    .for('update'),
)

/** What a mail lets its reader do, locked. */
export const lockTokenOf = async (tx: Connection, mailId: string): Promise<TokenRow | undefined> =>
  (await tx.query(ofMail.bind({ mailId }))).rows[0]

/** A new secret for the mail that leaves now; one that an earlier attempt has carried works no more. */
export function newSecretFor({ update }: Pick<CommandContext, 'update'>, token: TokenRow): string {
  const secret = randomBytes(TOKEN_BYTES).toString('base64url')
  update(oneTimeTokens, token, { hash: hashOf(secret) })
  return secret
}

// an address that is theirs no more, or people who cannot act, make it worthless
const usable = prepareSql<{ hash: string; purposes: string[]; now: string }, TokenRow & { personId: string }>()(
  (
    $,
  ) => sql`select t.id, t.purpose, t.person_id as "personId", t.address, t.hash, t.outbound_mail_id as "outboundMailId",
      t.created_at as "createdAt", t.expires_at as "expiresAt", t.used_at as "usedAt"
    from one_time_tokens t join people p on p.id = t.person_id join person_emails e on e.address = t.address and e.person_id = p.id
    where t.hash = ${$.hash} and t.purpose = any(${$.purposes}::text[]) and t.used_at is null and t.expires_at > ${$.now} and p.disabled_at is null
    for update of t`,
)

/** The token, locked, while it is good for this. */
export const lockToken = async (
  tx: Connection,
  token: string,
  purposes: readonly TokenPurpose[],
  now: string,
): Promise<TokenRow | undefined> =>
  (await tx.query(usable.bind({ hash: hashOf(token), purposes: [...purposes], now }))).rows[0]

const useAll = prepareSql<{ personId: string; purposes: string[]; address: string | null; now: string }, never>()(
  ($) =>
    sql`update one_time_tokens set used_at = ${$.now} where person_id = ${$.personId} and purpose = any(${$.purposes}::text[]) and used_at is null
      and (${$.address}::text is null or address = ${$.address})`,
)

/** Whoever has used one has no use for the others, or for those that went to the same address. */
export const useTokensOf = async (
  { query, now }: CommandContext,
  personId: string,
  purposes: readonly TokenPurpose[],
  address: string | null = null,
): Promise<void> => void (await query(useAll.bind({ personId, purposes: [...purposes], address, now })))

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
