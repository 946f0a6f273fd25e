import t, { type Test } from 'tap'
import { problems } from '../src/kernel/problems.ts'
import { type Answer, type Calling, startDesk } from './support/desk.ts'
import { fill, readsByPost, rightRequests } from './support/requests.ts'

// Every write route of the contract, asked wrongly in every way that can be derived from it.

const desk = await startDesk(t, { ATTACHMENT_BYTES_MAX: '2000000' })
const { app, call, rows } = desk

type Method = 'POST' | 'PATCH' | 'PUT' | 'DELETE'
interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
}
interface Operation {
  operationId: string
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}

/** Anybody may ask: whoever has no credential proves who they are in the body. And only who has logged in logs out. `login.test.ts` asks them. */
const APART = ['createToken', 'requestPasswordReset', 'resetPassword', 'verifyEmail', 'logOut']

const contract = app.http.swagger() as unknown as { paths: Record<string, Record<string, Operation>> } // as printed
const routes = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) =>
    method === 'get' || APART.includes(operation.operationId)
      ? []
      : [{ method: method.toUpperCase() as Method, path, operation }],
  ),
)

const { right, agent } = await rightRequests(desk)

function isProblem(t: Test, answer: Answer, what: string, statuses: number[]) {
  const { status, body, headers } = answer
  t.ok(statuses.includes(status), `${what}: ${status} is one of ${statuses}`)
  t.equal(headers['content-type'], 'application/problem+json; charset=utf-8', `${what}: problem+json`)
  t.ok(body?.code in problems, `${what}: ${body?.code} is a code of ours`)
  t.match(body, { type: `/problems/${body?.code}`, status, requestId: String }, what)
}

/** Values that no member of this kind takes, and values that nothing can store. */
function wrongValues({ type, enum: values }: Schema): unknown[] {
  const kinds = [type].flat()
  const wrong: unknown[] = [{ nested: true }, [[[]]], 'nul\0', 'half \ud800', 'x'.repeat(200_000)]
  if (!kinds.includes('string')) wrong.push('worded')
  if (!kinds.includes('integer') && !kinds.includes('number')) wrong.push(12)
  if (!kinds.includes('boolean')) wrong.push(true)
  if (!kinds.includes('null')) wrong.push(null)
  if (values) wrong.push('no_such_value')
  if (kinds.includes('integer')) wrong.push(1.5, 1e300, '7')
  return kinds.includes('object') ? wrong.slice(1) : wrong
}

for (const { method, path, operation } of routes) {
  const { operationId, requestBody } = operation
  const sample = right[operationId]
  t.test(`${operationId} refuses what is wrong, and writes nothing`, async (t) => {
    if (!sample) {
      t.fail(`${operationId} has no right request here`)
      return
    }
    const params = (await sample.params?.()) ?? {}
    const url = fill(path, params)
    const schema = requestBody?.content['application/json']?.schema
    const { body } = sample
    const ask = (calling: Calling, at = url) => call(method, at, { ...(body ? { body } : {}), ...calling })
    const before = await rows()

    isProblem(t, await ask({ key: '' }), 'no credential', [401])
    isProblem(t, await ask({ key: 'kk_00000000_wrong' }), 'a wrong key', [401])
    isProblem(t, await ask({ key: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' }), 'a forged token', [401])
    isProblem(
      t,
      await ask({}, `${url}?nonsense=1`),
      'an unknown parameter',
      schema || method === 'DELETE' ? [400] : [400, 415],
    )
    if (!readsByPost.includes(operationId))
      isProblem(t, await ask({ headers: { 'idempotency-key': 'ü'.repeat(3) } }), 'a key that is not ASCII', [400, 415])
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'application/json; charset=x;x',
      'image/png',
    ]) {
      if (method === 'DELETE') continue
      const answer = await call(method, url, { body: '{"x":1}', headers: { 'content-type': type } })
      isProblem(t, answer, type, [415, 422, 400])
    }
    for (const name of Object.keys(params)) {
      const foreign = fill(path, { ...params, [name]: 'tkt_00000000000000000000000000' })
      isProblem(t, await ask({}, foreign), `a foreign ${name}`, [404])
      for (const odd of ['nul%00', '%ff', 'x'.repeat(300), "';--", '..%2f..', '0', '99999999999']) {
        const answer = await ask(
          {},
          path.replace(`{${name}}`, odd).replace(/\{(\w+)\}/g, (_, other) => params[other] ?? ''),
        )
        isProblem(t, answer, `${name} = ${odd.slice(0, 12)}`, [400, 404, 414])
      }
    }
    if (schema) {
      isProblem(t, await ask({ body: '{"subject":' }), 'half a JSON', [400])
      isProblem(t, await ask({ body: `{"x":"${'x'.repeat(1_100_000)}"}` }), 'too large a body', [413])
      isProblem(t, await ask({ body: '{"__proto__":{"role":"admin"}}' }), '__proto__', [400])
      isProblem(t, await ask({ body: '{"constructor":{"prototype":{"a":1}}}' }), 'constructor', [400])
      isProblem(t, await ask({ body: `${'['.repeat(500)}${']'.repeat(500)}` }), 'five hundred brackets', [422])
      isProblem(t, await ask({ body: 'null' }), 'null', [422])
      const forbidden = [
        'id',
        'role',
        'isAdmin',
        'passwordHash',
        'requesterId',
        'organizationId',
        'teamId',
        'createdAt',
        'visibility',
        'scopes',
        'version',
        '$where',
        'expectedVersion',
        'nonsense',
        ...Object.keys(params),
      ]
      for (const name of forbidden.filter((each) => !(each in (schema.properties ?? {})))) {
        const answer = await ask({ body: { ...body, [name]: 'x' } })
        isProblem(t, answer, `a member ${name}`, [422])
        t.match(answer.body.errors, [{ pointer: `/${name}`, code: 'unknown' }], name)
      }
      for (const [name, member] of Object.entries(schema.properties ?? {})) {
        for (const value of wrongValues(member))
          isProblem(
            t,
            await ask({ body: { ...body, [name]: value } }),
            `${name} = ${JSON.stringify(value).slice(0, 30)}`,
            [422, 413],
          )
        if (name.endsWith('Id'))
          isProblem(
            t,
            await ask({ body: { ...body, [name]: 'per_00000000000000000000000000' } }),
            `a foreign ${name}`,
            [422],
          )
      }
      for (const name of schema.required ?? []) {
        const { [name]: _, ...rest } = body ?? {}
        isProblem(t, await ask({ body: rest }), `without ${name}`, [422])
      }
    }
    if (operation.parameters?.some(({ name }) => name === 'if-match')) {
      isProblem(t, await ask({ headers: { 'if-match': '"999"' } }), 'a version that is not yet', [412])
      for (const odd of ['7', '"x"', 'W/"1"', '"0"'])
        isProblem(t, await ask({ headers: { 'if-match': odd } }), `If-Match: ${odd}`, [400])
    }
    t.same(await rows(), before, 'nothing was written')
  })
}

t.test('the requests that these differ from succeed', async (t) => {
  for (const { method, path, operation } of routes) {
    const sample = right[operation.operationId]
    if (!sample || ['uploadAttachment', ...readsByPost].includes(operation.operationId)) continue
    const url = fill(path, (await sample.params?.()) ?? {})
    const headers = { 'idempotency-key': `right-${operation.operationId}` }
    const answer = await call(method, url, { ...(sample.body ? { body: sample.body } : {}), headers })
    t.ok(
      answer.status >= 200 && answer.status < 300,
      `${operation.operationId}: ${answer.status} ${answer.text.slice(0, 200)}`,
    )
    if (!sample.body || !Object.keys(sample.body).length) continue
    const other = await call(method, url, {
      body: {
        ...sample.body,
        ...(operation.operationId === 'assignTicket'
          ? { assigneeId: null }
          : { [Object.keys(sample.body)[0] ?? '']: 'other@example.com' }),
      },
      headers,
    })
    t.ok([422, 400].includes(other.status), `${operation.operationId}: its key for another request is ${other.status}`)
  }
})

t.test('reads refuse what is wrong, too', async (t) => {
  const reads = Object.entries(contract.paths).flatMap(([path, { get }]) => (get ? [{ path, get }] : []))
  t.ok(reads.length > 20)
  for (const { path, get } of reads) {
    const url = path.replace(/\{\w+\}/g, 'tkt_00000000000000000000000000')
    isProblem(t, await call('GET', url, { key: '' }), `${get.operationId} without a credential`, [401])
    isProblem(t, await call('GET', `${url}?nonsense=1`), `${get.operationId} with an unknown parameter`, [400])
    for (const { name } of get.parameters?.filter((parameter) => parameter.in === 'query') ?? []) {
      for (const value of [
        '%00',
        '%ed%a0%80',
        'x'.repeat(5_000),
        "'; drop table tickets;--",
        '-1',
        '1e9',
        '[]',
        '99999999999999999999',
      ]) {
        const { status } = await call('GET', `${url}?${encodeURIComponent(name)}=${value}`)
        t.ok(status < 500, `${get.operationId} ${name}=${value.slice(0, 12)}: ${status}`)
      }
    }
  }
  for (const limit of ['0', '101', '1000000', 'x', '1.5'])
    isProblem(t, await call('GET', `/v1/tickets?limit=${limit}`), `limit=${limit}`, [400])
  for (const sort of ['nonsense', 'subject;', 'number,number,number,number', '--number'])
    isProblem(t, await call('GET', `/v1/tickets?sort=${sort}`), `sort=${sort}`, [400])
  const { nextCursor } = (await call('GET', '/v1/tickets?limit=1')).body
  const tampered = `${nextCursor.startsWith('A') ? 'B' : 'A'}${nextCursor.slice(1)}`
  isProblem(t, await call('GET', `/v1/tickets?limit=1&after=${tampered}`), 'a cursor with one letter changed', [400])
  isProblem(
    t,
    await call('GET', `/v1/tickets?limit=1&after=${nextCursor}`, { key: agent.key }),
    "somebody else's cursor",
    [400],
  )
  isProblem(t, await call('GET', '/v1/nowhere'), 'an unknown route', [404])
  isProblem(t, await call('GET', `/v1/tickets/${'x'.repeat(9_000)}`), 'a long address', [400, 404, 414])
})

t.test('a key is bound by its scopes', async (t) => {
  const { key: narrow } = (await call('POST', '/v1/api-keys', { body: { name: 'Reads', scopes: ['tickets:read'] } }))
    .body
  t.equal((await call('GET', '/v1/tickets', { key: narrow })).status, 200)
  const before = await rows()
  isProblem(t, await call('GET', '/v1/people', { key: narrow }), 'reads people', [403])
  for (const { method, path, operation } of routes) {
    if (readsByPost.includes(operation.operationId)) continue
    const sample = right[operation.operationId]
    const headers = operation.operationId === 'uploadAttachment' ? { 'content-type': 'application/octet-stream' } : {}
    const answer = await call(method, path.replace(/\{\w+\}/g, 'tkt_00000000000000000000000000'), {
      key: narrow,
      headers,
      ...(headers['content-type'] ? { body: 'x' } : sample?.body ? { body: sample.body } : {}),
    })
    isProblem(t, answer, `writes by ${operation.operationId}`, [403])
    t.equal(answer.body.code, 'missing_scope')
  }
  t.same(await rows(), before)
  const { key: one } = (
    await call('POST', '/v1/api-keys', { body: { name: 'Opens', scopes: ['openTicket', 'createApiKey'] } })
  ).body
  t.equal((await call('POST', '/v1/tickets', { key: one, body: right.openTicket?.body })).status, 201)
  t.match(await call('POST', '/v1/api-keys', { key: one, body: { name: 'Wider' } }), {
    status: 403,
    body: { code: 'missing_scope' },
  })
})
