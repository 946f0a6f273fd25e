import { eq, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { Problem } from '../../kernel/problems.ts'
import type { InboundMail } from '../mail/schema.ts'
import { inboundMails } from './table.ts'

export type InboundRow = typeof inboundMails.$inferSelect

const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(inboundMails)).from(inboundMails).where(eq(inboundMails.id, $.id)).for('update'),
)

export async function lockInboundMail(tx: Connection, id: string): Promise<InboundRow> {
  const [row] = (await tx.query(locked.bind({ id }))).rows
  if (!row) throw new Problem('inbound_mail_not_found')
  return row
}

const claim = prepareSql<{ id: string; workerId: string }, { sha256: string; attempts: number; mailFrom: string }>()(
  ($) => sql`update inbound_mails set worker_id = ${$.workerId}, attempts = attempts + 1
    where id = ${$.id} and state = 'pending' returning sha256, attempts, mail_from as "mailFrom"`,
)

export const claimRow = async (tx: Connection, id: string, workerId: string) =>
  (await tx.query(claim.bind({ id, workerId }))).rows[0]

const IDS_MAX = 50
export const CORRESPONDENTS_MAX = 40

/** Message-IDs that a mail answers or follows: In-Reply-To first, then References from the newest back. */
export const answeredIds = ({ inReplyTo, references }: Pick<InboundMail, 'inReplyTo' | 'references'>): string[] =>
  [...new Set([...(inReplyTo ? [inReplyTo] : []), ...references.toReversed()])].slice(0, IDS_MAX)
