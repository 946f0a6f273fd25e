import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import pg from 'pg'
import { type Acts, routes } from './limit-acts.ts'
import { takeMail } from './limit-mail.ts'
import { inOneStatement } from './limit-one.ts'
import { inTransactions } from './limit-tx.ts'

/**
 * The limit: what Fastify, pg and Postgres can do at all. No permissions, no rules, no events but one audit row.
 * `one` does each request with one statement, `tx` as ordinary services do it: a transaction of several.
 */
const [, , ways] = process.argv
const { DATABASE_URL: connectionString, PORT, SMTP_PORT } = process.env
const CONNECTIONS_MAX = 16
const TIMESTAMPTZ = 1184

// each statement is planned once; timestamps stay the text that Postgres sends
const types = { getTypeParser: (oid: number) => (oid === TIMESTAMPTZ ? String : pg.types.getTypeParser(oid)) }
const pool = new pg.Pool({
  ...(connectionString ? { connectionString } : {}),
  max: CONNECTIONS_MAX,
  options: '-c plan_cache_mode=force_generic_plan',
  types,
})
const acts: Acts = ways === 'tx' ? inTransactions(pool) : inOneStatement(pool)

const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()
app.get('/readyz', async () => ({ isReady: (await pool.query('select 1')).rowCount === 1 }))
app.post('/v1/tickets', { schema: routes.open }, async ({ body }, reply) => reply.code(201).send(await acts.open(body)))
app.get('/v1/tickets', { schema: routes.list }, async ({ query }) => ({
  data: await acts.list(query.assigneeId, query.limit),
}))
app.post('/v1/tickets/search', { schema: routes.search }, async ({ body }) => ({
  data: await acts.search(body.query, body.limit),
}))
app.get('/v1/tickets/:id', { schema: routes.read }, async ({ params }) => acts.read(params.id))
app.post('/v1/tickets/:id/replies', { schema: routes.reply }, async ({ params, body }, reply) =>
  reply.code(201).send(await acts.reply(params.id, body.body)),
)

const stopMail = await takeMail(pool, Number(SMTP_PORT))
process.once('SIGTERM', async () => {
  await stopMail()
  await app.close()
  await pool.end()
})
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
