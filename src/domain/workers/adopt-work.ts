import { type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { prepareSql } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'

/** A worker holds the session lock of its key as long as it lives: a lock that can be had is a worker that is gone. */
const goneOnPostgres = prepareSql<{ self: string }, { id: string }>()(
  ($) => sql`select id from workers where id <> ${$.self} and pg_try_advisory_xact_lock(lock_key)`,
)
/** An embedded database has one process: every other worker is gone. */
const goneOnPglite = prepareSql<{ self: string }, { id: string }>()(
  ($) => sql`select id from workers where id <> ${$.self}`,
)

// Whoever is not in the table is gone too: its claims were adopted by a worker that is gone now, before it came to them.
const living = (gone: SQL): SQL => sql`(select id from workers where id <> all(${gone}::text[]))`

const enqueueInbound = prepareSql<{ gone: string[]; now: string }, never>()(
  ($) => sql`insert into outbox (queue, data, start_at, created_at)
    select 'mail.parse', jsonb_build_object('inboundMailId', id), ${$.now}, ${$.now} from inbound_mails
    where state = 'pending' and (worker_id is null or worker_id not in ${living(sql`${$.gone}`)}) order by received_at`,
)

// a job may have been fetched and its mail not yet claimed: one that is due without a worker may have lost its job too
const enqueueOutbound = prepareSql<{ gone: string[]; now: string }, never>()(
  ($) => sql`insert into outbox (queue, data, start_at, created_at)
    select 'mail.send', jsonb_build_object('outboundMailId', id), ${$.now}, ${$.now} from outbound_mails
    where state in ('queued', 'deferred') and (worker_id not in ${living(sql`${$.gone}`)}
      or (worker_id is null and (state = 'queued' or next_attempt_at <= ${$.now}))) order by created_at`,
)

// those of living workers too: a step that is made is not made again
const enqueueSimulations = prepareSql<{ now: string }, never>()(
  ($) => sql`insert into outbox (queue, data, start_at, created_at)
    select 'rule.simulate', jsonb_build_object('simulationId', id, 'step', step), ${$.now}, ${$.now} from rule_simulations
    where state in ('queued', 'running') order by id`,
)

const enqueueLongWork = prepareSql<{ now: string }, never>()(
  ($) => sql`insert into outbox (queue, data, start_at, created_at)
    select case kind when 'person_erasure' then 'person.erase' else 'ticket.bulk' end, jsonb_build_object('jobId', id, 'step', step), ${$.now}, ${$.now} from bulk_jobs
    where state in ('queued', 'running') order by id`,
)

const register = prepareSql<{ self: string; lockKey: number; now: string }, never>()(
  ($) =>
    sql`insert into workers (id, lock_key, started_at) values (${$.self}, ${$.lockKey}, ${$.now}) on conflict do nothing`,
)
const forget = prepareSql<{ gone: string[] }, never>()(
  ($) => sql`delete from workers where id = any(${$.gone}::text[])`,
)

/**
 * Takes over what workers left that are gone: their claims, and what was on its way to them, are enqueued anew at once, so that a
 * kill delays nothing. Handlers do nothing for a row that is done, so a job too many is harmless. Internal.
 */
export const adoptWork = defineCommand({
  name: 'adoptWork',
  group: 'mail',
  input: Closed({ workerId: Type.String({ maxLength: 64 }), lockKey: Type.Integer(), embedded: Type.Boolean() }),
  subject: async ({ tx }, { workerId, embedded }) =>
    (await tx.query((embedded ? goneOnPglite : goneOnPostgres).bind({ self: workerId }))).rows.map(({ id }) => id),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query, now }, { workerId, lockKey }, gone) {
    await query(register.bind({ self: workerId, lockKey, now }))
    if (!gone.length) return { adopted: 0 }
    await query(enqueueInbound.bind({ gone, now }))
    await query(enqueueOutbound.bind({ gone, now }))
    await query(enqueueSimulations.bind({ now }))
    await query(enqueueLongWork.bind({ now }))
    await query(forget.bind({ gone }))
    return { adopted: gone.length }
  },
})
