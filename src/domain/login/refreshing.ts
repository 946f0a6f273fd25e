import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'

const FORM = /^kr_(ses_[0-9a-z]{26})_([\w-]{22})_([\w-]{43})$/
const FAMILY_BYTES = 16
const TOKEN_BYTES = 32

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** `kr_<session>_<family>_<43 random>`, and what is kept of it. */
export interface RefreshToken {
  token: string
  familyHash: string
  refreshHash: string
}

/** The first token of a session, or the next one of its family. */
export function newRefreshToken(
  sessionId: string,
  family = randomBytes(FAMILY_BYTES).toString('base64url'),
): RefreshToken {
  const latest = randomBytes(TOKEN_BYTES).toString('base64url')
  return { token: `kr_${sessionId}_${family}_${latest}`, familyHash: hashOf(family), refreshHash: hashOf(latest) }
}

// one statement under the row's lock: of many at once one is the first, and all others come with a used token
const rotate = prepareSql<
  { id: string; familyHash: string; given: string; next: string; now: Instant },
  { rotated: boolean; personId: string }
>()(
  ($) => sql`update sessions set
      last_used_at = case when refresh_hash = ${$.given} then ${$.now} else last_used_at end,
      ended_at = case when refresh_hash = ${$.given} then null else ${$.now}::timestamptz end,
      ended_by = case when refresh_hash = ${$.given} then null else 'reuse' end,
      refresh_hash = case when refresh_hash = ${$.given} then ${$.next} else refresh_hash end
    where id = ${$.id} and family_hash = ${$.familyHash} and ended_at is null and expires_at > ${$.now}
    returning ended_at is null as rotated, person_id as "personId"`,
)

export interface Refreshed {
  sessionId: string
  personId: string
  refreshToken: string
}

/**
 * The next token of a family. A token that was used before ends its whole family (RFC 9700 §4.14.2): either it, or the one that was
 * got for it, is with somebody else.
 */
export async function refreshed(db: Connection, token: string, now: Instant): Promise<Refreshed | undefined> {
  const [, sessionId, family, latest] = FORM.exec(token) ?? []
  if (sessionId === undefined || family === undefined || latest === undefined) return
  const next = newRefreshToken(sessionId, family)
  const { familyHash } = next
  const values = { id: sessionId, familyHash, given: hashOf(latest), next: next.refreshHash, now }
  const [row] = (await db.query(rotate.bind(values))).rows
  return row?.rotated ? { sessionId, personId: row.personId, refreshToken: next.token } : undefined
}
