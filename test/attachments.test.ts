import t from 'tap'
import { safeFilename } from '../src/domain/attachments/decide.ts'
import { startDesk } from './support/desk.ts'

const desk = await startDesk(t, { ATTACHMENT_BYTES_MAX: '3000000' })
const { call, person, openTicket, graphql, rows } = desk

const upload = (bytes: Buffer, filename: string, more: { key?: string; type?: string } = {}) =>
  call(
    'POST',
    `/v1/attachments?filename=${encodeURIComponent(filename)}${more.type ? `&contentType=${encodeURIComponent(more.type)}` : ''}`,
    {
      ...(more.key ? { key: more.key } : {}),
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    },
  )

t.test('a file is uploaded, hung on a reply, and comes back byte for byte', async (t) => {
  for (const size of [0, 1, 262_144, 262_145, 2_500_000]) {
    const bytes = Buffer.alloc(size, 'Kontor')
    const { body: file, status } = await upload(bytes, 'report.pdf', { type: 'application/pdf' })
    t.equal(status, 201)
    t.match(file, { filename: 'report.pdf', contentType: 'application/pdf', size })
    const { id } = await openTicket()
    const reply = await call('POST', `/v1/tickets/${id}/replies`, {
      body: { body: 'See there', attachmentIds: [file.id] },
    })
    t.match(reply.body.attachments, [{ id: file.id, size }])
    const content = await call('GET', `/v1/attachments/${file.id}/content`)
    t.ok(content.status === 200 && Buffer.from(content.text, 'utf8').length === size, `${size} bytes`)
    t.match(await call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'Again', attachmentIds: [file.id] } }), {
      status: 422,
      body: { errors: [{ pointer: '/attachmentIds/0', code: 'not_found' }] },
    })
  }
})

t.test('multipart and GraphQL upload the same', async (t) => {
  const form = [
    '--x',
    'Content-Disposition: form-data; name="file"; filename="note.txt"',
    'Content-Type: text/plain',
    '',
    'Hello',
    '--x--',
    '',
  ].join('\r\n')
  const { status, body } = await call('POST', '/v1/attachments', {
    body: form,
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  })
  t.match({ status, ...body }, { status: 201, filename: 'note.txt', contentType: 'text/plain', size: 5 })
  const graph = await graphql(
    'mutation($input: UploadAttachmentInput!) { uploadAttachment(input: $input) { id filename size } }',
    { input: { filename: 'note.txt', contentBase64: Buffer.from('Hello').toString('base64') } },
  )
  t.match(graph.body.data.uploadAttachment, { filename: 'note.txt', size: 5 })
  const empty = await call('POST', '/v1/attachments', {
    body: '--x--\r\n',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  })
  t.equal(empty.status, 422)
})

t.test('a file over the limit is refused and leaves nothing', async (t) => {
  const before = await rows()
  t.match(await upload(Buffer.alloc(3_000_001), 'big.bin'), { status: 413, body: { code: 'payload_too_large' } })
  const form = Buffer.concat([
    Buffer.from('--x\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'),
    Buffer.alloc(3_000_001),
    Buffer.from('\r\n--x--\r\n'),
  ])
  t.match(
    await call('POST', '/v1/attachments', {
      body: form,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    }),
    { status: 413 },
  )
  t.same(await rows(), before)
})

t.test('until it hangs on a message only its uploader sees a file; after that whoever reads the message', async (t) => {
  const [ruth, eve, ada] = await Promise.all([person('requester'), person('requester'), person('agent')])
  const { body: file } = await upload(Buffer.from('CANARY'), 'x.txt', { key: ruth.key })
  const seenBy = async (key: string) => [
    (await call('GET', `/v1/attachments/${file.id}`, { key })).status,
    (await call('GET', `/v1/attachments/${file.id}/content`, { key })).status,
    (await call('GET', `/v1/attachments/${file.id}/link`, { key })).status,
  ]
  t.same(await seenBy(ruth.key), [200, 200, 200])
  t.same(await seenBy(ada.key), [404, 404, 404])
  const ticket = await openTicket({ attachmentIds: [file.id] }, ruth.key)
  t.same(await seenBy(ada.key), [200, 200, 200])
  t.same(await seenBy(eve.key), [404, 404, 404])

  const { body: hidden } = await upload(Buffer.from('CANARY'), 'note.txt')
  await call('POST', `/v1/tickets/${ticket.id}/notes`, { body: { body: 'See', attachmentIds: [hidden.id] } })
  t.equal(
    (await call('GET', `/v1/attachments/${hidden.id}/content`, { key: ruth.key })).status,
    404,
    "a note's file is no requester's business",
  )
})

t.test('a signed link works without a credential, and anything wrong with it is the same 404', async (t) => {
  const ruth = await person('requester')
  const { body: file } = await upload(Buffer.from('linked'), 'x.txt', { key: ruth.key })
  const { url, expiresAt } = (await call('GET', `/v1/attachments/${file.id}/link`, { key: ruth.key })).body
  t.ok(Date.parse(expiresAt) - Date.now() <= 300_000)
  const headers = { authorization: '' }
  t.match(await call('GET', url, { headers }), { status: 200, text: 'linked' })
  const { body: other } = await upload(Buffer.from('other'), 'y.txt', { key: ruth.key })
  for (const wrong of [
    url.replace(file.id, other.id),
    url.replace(/expires=\d/, 'expires=9'),
    url.replace(/person=per_./, 'person=per_x'),
    url.replace(/signature=(.)/, (_: string, first: string) => `signature=${first === 'a' ? 'b' : 'a'}`),
    url.replace(/signature=.*/, 'signature='),
    url.replace(/expires=\d+/, 'expires=1'),
  ]) {
    t.match(await call('GET', wrong, { headers }), { status: 404, body: { code: 'attachment_not_found' } }, wrong)
  }
  await call('PATCH', `/v1/people/${ruth.id}`, { body: { disabled: true } })
  for (const until = Date.now() + 2_000; Date.now() < until; )
    if ((await call('GET', url, { headers })).status === 404) break
    else await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal((await call('GET', url, { headers })).status, 404, 'the link ends with the right of its maker')
})

t.test('names and types are made safe, and nothing is served that a browser would run', async (t) => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
  const polyglot = Buffer.from('GIF89a/*<script>alert(1)</script>*/=1;')
  for (const [bytes, type, servedAs, inline] of [
    [png, 'image/png', 'image/png', true],
    [Buffer.from('<svg onload="alert(1)"/>'), 'image/svg+xml', 'application/octet-stream', false],
    [Buffer.from('<html><script>alert(1)</script>'), 'text/html', 'application/octet-stream', false],
    [Buffer.from('<html><script>alert(1)</script>'), 'image/png', 'application/octet-stream', false],
    [Buffer.from('<?xml version="1.0"?><x/>'), 'application/xml', 'application/octet-stream', false],
    [Buffer.from('alert(1)'), 'text/javascript', 'application/octet-stream', false],
    [polyglot, 'text/html', 'image/gif', true],
    [Buffer.from('Hello'), 'text/plain', 'text/plain', false],
    [Buffer.from('Hello'), 'x\r\nX-Evil: 1', 'application/octet-stream', false],
  ] as const) {
    const { body } = await upload(bytes, 'file', { type })
    const { headers } = await call('GET', `/v1/attachments/${body.id}/content`)
    t.equal(headers['content-type'], servedAs, type)
    t.match(headers['content-disposition'], inline ? /^inline/ : /^attachment/, type)
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
    })
  }
  for (const name of [
    '../../etc/passwd',
    'a\r\nX: y',
    'CON',
    'n'.repeat(4_000),
    '\u202Egnp.exe',
    '',
    'nul',
    'Grüße "quoted".pdf',
    '..\\..\\x',
    '.',
    '💥.txt',
  ]) {
    const { status, body } = await upload(Buffer.from('x'), name)
    t.equal(status, 201, name.slice(0, 20))
    t.notMatch(body.filename, /[/\\\r\n\0\u202e]|^\.|^$/u)
    t.ok(Buffer.byteLength(body.filename) <= 255)
    const { headers } = await call('GET', `/v1/attachments/${body.id}/content`)
    t.match(headers['content-disposition'], /^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w%.!~-]+$/)
    t.notOk(headers.x)
  }
  t.equal(safeFilename('a/b\\c.txt'), 'a_b_c.txt')
})

t.test('a multipart body that is none is refused', async (t) => {
  for (const [type, body] of [
    ['multipart/form-data', '--x\r\n'],
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut'],
    ['multipart/form-data; boundary=x', 'nonsense'],
  ] as const) {
    const answer = await call('POST', '/v1/attachments', { body, headers: { 'content-type': type } })
    t.ok([415, 422].includes(answer.status), `${answer.status} for ${body.slice(0, 20)}`)
  }
})

t.test(
  "a mail's own images are shown by links of their reader's, and old HTML is cleaned when it is read",
  async (t) => {
    const ruth = await person('requester')
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    const { ticketId, messageId } = await desk.receive(`From: ${ruth.email}
To: support@kontor.localhost
Subject: Look
Message-ID: <image@example.com>
MIME-Version: 1.0
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=utf-8

<p>See <img src="cid:photo&amp;1@x" alt="it"> and <img src="cid:gone@x"> and <img src="https://spy.test/x.png"></p>
--r
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-ID: <photo&1@x>

${png.toString('base64')}
--r--
`)
    for (const path of [
      `/v1/messages/${messageId}`,
      `/v1/tickets/${ticketId}/messages`,
      `/v1/tickets/${ticketId}?include=messages`,
    ]) {
      const { body } = await call('GET', path, { key: ruth.key })
      const html: string = (body.data?.[0] ?? body.messages?.[0] ?? body).bodyHtml
      const url = /src="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? ''
      t.match(url, /\/v1\/attachments\/att_\w+\/content\?person=per_\w+&expires=\d+&signature=/, path)
      t.match(html, /cid:gone@x/, 'what is not there stays as it was')
      t.notMatch(html, /spy\.test/)
      const { pathname, search } = new URL(url)
      const image = await desk.app.http.inject({ method: 'GET', url: pathname + search })
      t.match(image, { statusCode: 200, headers: { 'content-type': 'image/png' } })
      t.same(image.rawPayload, png)
    }
    await desk.db.query({
      text: `update messages set body_html = '<p onclick="x()">Old<script>x()</script></p>', sanitiser_version = 0 where id = $1`,
      values: [messageId],
    })
    t.equal((await call('GET', `/v1/messages/${messageId}`)).body.bodyHtml, '<p>Old</p>')
  },
)
