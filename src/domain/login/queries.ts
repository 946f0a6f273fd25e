import { sql } from 'drizzle-orm'
import { prepareSql } from '../../db/statement.ts'
import type { Instant } from '../../kernel/clock.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import type { LoginSession } from './schema.ts'

const open = prepareSql<{ personId: string; now: Instant; current: string }, LoginSession>()(
  (
    $,
  ) => sql`select id, created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt", id = ${$.current} as current
    from sessions where person_id = ${$.personId} and ended_at is null and expires_at > ${$.now} order by id desc limit 100`,
)

/** Where one is logged in, the latest first. */
export const mySessions = defineQuery({
  name: 'mySessions',
  group: 'access',
  input: NoInput,
  refuse: (actor) => (actor.kind === 'person' ? undefined : 'forbidden'),

  async read({ db, actor, now }): Promise<LoginSession[]> {
    const current = actor.kind === 'person' ? (actor.sessionId ?? '') : ''
    return (await db.query(open.bind({ personId: actor.id, now, current }))).rows
  },
})
