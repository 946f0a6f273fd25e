import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { isStaff } from '../kernel/actor.ts'
import { Problem } from '../kernel/problems.ts'

export interface HealthParts {
  version: string
  metrics: Registry
  /** What must work for requests to be answered; each names itself. */
  readiness(): Promise<Record<string, 'ok' | string>>
}

const open = { open: 'health is asked without a credential and tells no secret' }
const hidden = { schema: { hide: true } }

/** `/livez`: the process answers. `/readyz`: it can do its work; 503 where it cannot, or is stopping. */
export function healthRoutes(app: FastifyInstance, { version, metrics, readiness }: HealthParts): void {
  app.get('/livez', { config: open, ...hidden }, async () => ({ status: 'ok' }))
  app.get('/readyz', { config: open, ...hidden }, async (_request, reply) => {
    const checks = await readiness()
    const ready = Object.values(checks).every((state) => state === 'ok')
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', checks })
  })
  app.get('/version', { config: open, ...hidden }, async () => ({ name: 'kontor', version }))
  app.get('/metrics', { config: { policy: 'metrics' }, ...hidden }, async ({ desk }, reply) => {
    if (!isStaff(desk.actor)) throw new Problem('forbidden')
    return reply.type(metrics.contentType).send(await metrics.metrics())
  })
}
