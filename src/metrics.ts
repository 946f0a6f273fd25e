import { sql } from 'drizzle-orm'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Db } from './db/client.ts'
import { prepareSql } from './db/statement.ts'

interface Waiting {
  pending: number
  queued: number
  outbox: number
  unnumbered: number
  due: number
}

const counts = prepareSql<object, Waiting>()(
  () => sql`select
    (select count(*)::int from inbound_mails where state = 'pending') as pending,
    (select count(*)::int from outbound_mails where state in ('queued', 'deferred')) as queued,
    (select count(*)::int from outbox) as outbox,
    (select count(*)::int from feed_pending) as unnumbered,
    (select count(*)::int from rule_timers where try_at <= now()) as due`,
)

/** What waits in the database for somebody to do it. */
export async function waiting(db: Db): Promise<Waiting> {
  const [row] = (await db.query(counts.bind({}))).rows
  if (!row) throw new Error('the database does not count')
  return row
}

/** What an operator watches, for Prometheus: the process, and what waits in the database when it is asked. */
export function recordMetrics(db: Db): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'kontor_' })
  const gauges = {
    pending: new Gauge({
      name: 'kontor_inbound_mails_pending',
      help: 'Accepted mails that are not filed yet',
      registers: [registry],
    }),
    queued: new Gauge({
      name: 'kontor_outbound_mails_waiting',
      help: 'Mails that are to be sent',
      registers: [registry],
    }),
    outbox: new Gauge({
      name: 'kontor_outbox_rows',
      help: 'Jobs that are not handed to the queue yet',
      registers: [registry],
    }),
    unnumbered: new Gauge({
      name: 'kontor_feed_pending_events',
      help: 'Events that are not in the feed yet',
      registers: [registry],
    }),
    due: new Gauge({
      name: 'kontor_rule_timers_due',
      help: 'Rules whose wait is over and that have not acted yet',
      registers: [registry],
    }),
  }
  const failed = new Counter({
    name: 'kontor_metrics_failures_total',
    help: 'Times that the database could not be asked',
    registers: [registry],
  })
  const collect = registry.metrics.bind(registry)
  registry.metrics = async () => {
    try {
      const now = await waiting(db)
      gauges.pending.set(now.pending)
      gauges.queued.set(now.queued)
      gauges.outbox.set(now.outbox)
      gauges.unnumbered.set(now.unnumbered)
      gauges.due.set(now.due)
    } catch {
      failed.inc()
    }
    return collect()
  }
  return registry
}
