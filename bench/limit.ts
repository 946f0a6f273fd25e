import Fastify from 'fastify'
import pg from 'pg'
import { type Acts, bodies, TIMESTAMPTZ } from './limit-acts.ts'
import { inOneStatement } from './limit-one.ts'
import { inTransactions } from './limit-tx.ts'

/**
 * The limit: what Fastify, pg and Postgres can do at all. No permissions, no rules, no events but one audit row.
 * `one` does each request with one statement, `tx` as ordinary services do it: a transaction of several.
 */
const [, , ways] = process.argv
const { DATABASE_URL: connectionString, PORT = '0' } = process.env

const CONNECTIONS_MAX = 16
// timestamps stay the text that Postgres sends
const types = { getTypeParser: (oid: number) => (oid === TIMESTAMPTZ ? String : pg.types.getTypeParser(oid)) }
const pool = new pg.Pool({ connectionString, max: CONNECTIONS_MAX, options: '-c timezone=UTC', types })
pool.on('error', () => {}) // the server under it is stopped first at times
const acts: Acts = ways === 'tx' ? inTransactions(pool) : inOneStatement(pool)

const app = Fastify()
app.get('/readyz', async () => ({ ready: (await pool.query('select 1')).rowCount === 1 }))
app.post('/v1/tickets', { schema: bodies.open }, async (request, reply) => {
  reply.code(201)
  return acts.open(request.body)
})
app.get('/v1/tickets', { schema: bodies.list }, async (request) => ({ data: await acts.list(request.query.assigneeId, request.query.limit) }))
app.get('/v1/tickets/:id', { schema: bodies.read }, async (request) => acts.read(request.params.id))
app.post('/v1/tickets/:id/replies', { schema: bodies.reply }, async (request, reply) => {
  reply.code(201)
  return acts.reply(request.params.id, request.body.body)
})

process.on('SIGTERM', async () => {
  await app.close()
  await pool.end()
})
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
