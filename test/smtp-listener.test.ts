import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createConnection, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createSmtpListener, type SmtpListenerParts } from '../src/mail/in/server.ts'
import type { ReceivedMail } from '../src/mail/in/smtp-receive.ts'
import { openSpoolFolder } from '../src/mail/in/spool-folder.ts'
import { connectSmtp, deliver, type SmtpClient } from './support/smtp.ts'

const RAW = 'From: ada@good.test\r\nSubject: Hi\r\n\r\nHello\r\n'

const dataDir = await mkdtemp(join(tmpdir(), 'kontor-listener-'))
const spool = await openSpoolFolder(dataDir)
t.teardown(() => rm(dataDir, { recursive: true }))

interface Kept extends Omit<ReceivedMail, 'content'> {
  text: string
  path: string | undefined
}

/** A listener on loopback for `support@ours.test`, with small limits, that remembers what it was given. */
async function startListener(t: Test, changes: Partial<SmtpListenerParts> = {}) {
  const kept: Kept[] = []
  const listener = createSmtpListener({
    host: '127.0.0.1',
    port: 0,
    mailBytesMax: 10_000,
    trustedRelays: [],
    log: pino({ level: 'silent' }),
    spool,
    recipient: async (address) => {
      if (!address.endsWith('@ours.test')) return 'foreign'
      return /^support\d*@/.test(address) ? 'ours' : 'unknown'
    },
    journal: async ({ content, ...mail }) => {
      const path = 'path' in content ? content.path : undefined
      const bytes = 'path' in content ? await readFile(content.path) : content.bytes
      kept.push({ ...mail, text: bytes.toString('latin1'), path })
      return { ids: mail.rcptTo.map((_, index) => `inm_${kept.length}${index}`) }
    },
    ...changes,
  })
  const { port } = await listener.listen()
  const clients: SmtpClient[] = []
  t.teardown(async () => {
    for (const client of clients) client.end()
    await listener.close(0)
  })
  const connect = async () => {
    const client = await connectSmtp(port)
    clients.push(client)
    return client
  }
  const greet = async () => {
    const client = await connect()
    await client.say('EHLO client.test')
    return client
  }
  const send = (raw = RAW) => deliver({ port, mailFrom: 'ada@good.test', rcptTo: 'support@ours.test', raw })
  return { listener, port, kept, connect, greet, send }
}

const MAIL = 'MAIL FROM:<ada@good.test>'
const RCPT = 'RCPT TO:<support@ours.test>'

async function untilData(client: SmtpClient) {
  for (const line of [MAIL, RCPT, 'DATA']) await client.say(line)
}

t.test('a mail is answered with the id under which it is kept', async (t) => {
  const { kept, port } = await startListener(t)
  const rcptTo = ['Support@Ours.test', 'support2@ours.test']
  const reply = await deliver({ port, mailFrom: '', rcptTo, raw: `${RAW}.\n..dots\r\n` })

  t.same(reply, { code: 250, text: '2.0.0 queued as inm_10, inm_11' })
  t.match(kept, [
    { mailFrom: '', rcptTo: ['support@ours.test', 'support2@ours.test'], peer: '127.0.0.1', helo: 'client.test' },
  ])
  t.equal(kept[0]?.text, `${RAW}.\r\n..dots\r\n`)
  t.equal(kept[0]?.size, kept[0]?.text.length)
})

t.test('commands that come together are answered together, and those that come alone at once (RFC 2920)', async (t) => {
  const { greet, port } = await startListener(t)
  const client = await greet()
  const { _writev } = Socket.prototype
  let together = 0
  Socket.prototype._writev = function (this: Socket, chunks, done) {
    if (this.localPort === port) together = chunks.length
    _writev?.call(this, chunks, done)
  }
  t.teardown(() => Object.assign(Socket.prototype, { _writev }))
  const ask = async (lines: string[]) => {
    together = 1
    client.socket.write(lines.map((line) => `${line}\r\n`).join(''))
    const codes = []
    for (const _ of lines) codes.push((await client.reply()).code)
    return { codes, together }
  }
  t.same(await ask([MAIL, RCPT, 'DATA']), { codes: [250, 250, 354], together: 3 })
  t.same(await ask([`${RAW}.`]), { codes: [250], together: 1 })
  const refused = await ask([MAIL, 'RCPT TO:<nobody@ours.test>', RCPT, 'RSET'])
  t.same(refused.codes, [250, 550, 250, 250])
  for (const line of [MAIL, RCPT, 'RSET', 'NOOP']) t.same(await ask([line]), { codes: [250], together: 1 }, line)
})

t.test('neither AUTH nor STARTTLS is offered, nor taken, and the size is told', async (t) => {
  const { connect } = await startListener(t)
  const client = await connect()
  const { text } = await client.say('EHLO client.test')
  t.same(text.split('\n').slice(1).sort(), ['8BITMIME', 'ENHANCEDSTATUSCODES', 'PIPELINING', 'SIZE 10000'])
  for (const line of ['AUTH PLAIN AGEAYg==', 'STARTTLS', 'WIZ x', 'XCLIENT ADDR=1.2.3.4', 'EXPN all']) {
    t.equal((await client.say(line)).code, 500, line)
  }
  t.equal((await client.say('VRFY support@ours.test')).code, 252)
})

t.test('a database that is away costs no mail: the sender is told to come again', async (t) => {
  const away = () => Promise.reject(new Error('ECONNREFUSED at secret-host'))
  for (const changes of [{ recipient: away }, { journal: away }]) {
    const { send } = await startListener(t, changes)
    t.same(await send(), { code: 451, text: '4.3.0 Cannot take mail now, try again later' })
  }
})

t.test('nobody relays through us, however the address is put', async (t) => {
  const { greet, kept } = await startListener(t)
  // biome-ignore format: a list
  const forms = ['u@evil.test', 'u%evil.test@ours.test', 'support%evil.test@ours.test', '@a,@b:u@x.test', '@ours.test:u@evil.test',
    '"u@evil.test"@ours.test', '"support"@ours.test', 'u@evil.test@ours.test', 'support@ours.test@evil.test', 'evil.test!u@ours.test',
    'evil.test!support@ours.test', 'u@[127.0.0.1]', 'support@[127.0.0.1]', 'support@[IPv6:::1]', 'support@127.0.0.1', 'support@1',
    'u', 'support', 'u@', 'support@', '@ours.test', '@', '', ' ', 'support @ours.test', 'support@ours.test.evil.test',
    'support@evil.test ours.test', 'support@ours.test\0.evil.test', 'support\0@ours.test', 'support@оurs.test', 'suppоrt@ours.test',
    'support@ours.test>, <u@evil.test', 'support@ours.test,u@evil.test', 'support;u@evil.test', 'support(x)@ours.test',
    '(x)support@ours.test', 'support@ours.test(x)', 'support@.ours.test', 'support@ours..test', 'support@xours.test', '.support@ours.test',
    'support+12345@ours.test', 'nobody@ours.test', 'support@evil.ours.test', '<support@ours.test>', 'support\\@evil.test@ours.test']
  t.ok(forms.length >= 40)
  const relay = async (form: string) => {
    const client = await greet()
    await client.say(MAIL)
    const { code, text } = await client.say(`RCPT TO:<${form}>`)
    t.ok(code >= 500 && code < 600, `${encodeURIComponent(form)}: ${code} ${text}`)
    t.equal((await client.say('DATA')).code, 503, 'and there is nobody to send to')
  }
  await Promise.all(forms.map(relay))
  t.same(kept, [])
})

t.test('refusals say as much as they must: unknown and foreign, each always in the same words', async (t) => {
  const { greet } = await startListener(t, { limits: { errorsMax: 1_000 } })
  const client = await greet()
  await client.say(MAIL)
  const texts = new Set<string>()
  for (let guess = 0; guess < 200; guess++) {
    const { code, text } = await client.say(`RCPT TO:<nobody+k${guess}abc@ours.test>`)
    texts.add(`${code} ${text}`)
  }
  t.same([...texts], ['550 5.1.1 No such mailbox here'])
  t.same(await client.say('RCPT TO:<u@evil.test>'), { code: 550, text: '5.7.1 We do not relay' })
})

t.test('only CRLF, dot, CRLF ends a mail, wherever the packets break', async (t) => {
  const evil = ['MAIL FROM:<evil@evil.test>', RCPT, 'DATA', 'Subject: smuggled', '', 'smuggled', '.', 'QUIT', ''].join(
    '\r\n',
  )
  // biome-ignore format: a list
  const ends = ['\n.\n', '\r.\r', '\n.\r\n', '\r\n.\n', '\r.\r\n', '\r\n.\r', '\n.\r', '\r.\n', '\r\n\0.\r\n', '\r\n.\0\r\n', '\r\n .\r\n',
    '\r\n. \r\n', '\r\n..\r\n', '\r\r\n.\r\n.x\r\n', '\n\n.\n\n', '\r\n.\r\r\n']
  const smuggle = async (end: string) => {
    const isEnd = end.includes('\r\n.\r\n')
    const { kept, greet } = await startListener(t)
    const client = await greet()
    await untilData(client)
    for (const byte of `Subject: a\r\n\r\nfirst${end}`) client.socket.write(byte, 'latin1')
    client.socket.write(isEnd ? 'QUIT\r\n' : `${evil}\r\n.\r\nQUIT\r\n`)
    await client.closed
    const senders = kept.map(({ mailFrom }) => mailFrom)
    t.same(senders, ['ada@good.test'], `${JSON.stringify(end)}: one mail, by the good sender`)
    t.notMatch(kept[0]?.text ?? '', /[^\r]\n|\r[^\n]/, 'bare CR and LF have become CRLF')
  }
  await Promise.all(ends.map(smuggle))
})

t.test('a bare LF between commands ends the session', async (t) => {
  const { greet, kept } = await startListener(t)
  for (const text of [`${MAIL}\n`, `${MAIL}\r\n${RCPT}\nDATA\r\n`, 'NOOP\n\r\n']) {
    const client = await greet()
    client.socket.write(text)
    t.match(await client.reply(), { code: 500, text: /^5\.5\.2/ })
    t.match(await client.reply(), { code: 421 })
    await client.closed
  }
  t.same(kept, [])
})

t.test('who talks before the greeting is not listened to', async (t) => {
  const { port } = await startListener(t)
  const socket = createConnection(port, '127.0.0.1')
  socket.write('EHLO rude.test\r\n')
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^421 4\.7\.0 /)
  socket.destroy()
})

t.test('a mail may be as large as the limit and not a byte larger', async (t) => {
  const { send, kept, greet } = await startListener(t, { limits: { memoryBytesMax: 1_000 } })
  const sized = (size: number) => RAW + 'x'.repeat(size - RAW.length - 2).concat('\r\n')

  t.match(await send(sized(10_000)), { code: 250 })
  t.equal(kept[0]?.size, 10_000)
  t.same(await send(sized(10_001)), { code: 552, text: '5.3.4 Message exceeds 10000 bytes' })
  t.match(await send(sized(19_990)), { code: 552 }, 'read to its end, kept nowhere')
  t.equal(kept.length, 1)

  const client = await greet()
  t.match(await client.say(`${MAIL} SIZE=10000`), { code: 250 })
  await client.say('RSET')
  t.match(await client.say(`${MAIL} SIZE=10001`), { code: 552, text: /^5\.3\.4/ })
})

t.test('past twice the limit nobody listens any more', async (t) => {
  const { greet } = await startListener(t)
  const client = await greet()
  await untilData(client)
  client.socket.write('x'.repeat(20_000))
  client.socket.write('x'.repeat(10_000))
  t.match(await client.reply(), { code: 552 })
  await client.closed
})

t.test('a large mail waits in a file that only we can read, and that is gone afterwards', async (t) => {
  const modes: number[] = []
  const journal: SmtpListenerParts['journal'] = async ({ content, size }) => {
    if ('path' in content) {
      const { mode, size: written } = await stat(content.path)
      modes.push(mode & 0o777)
      t.equal(written, size)
    }
    return { ids: ['inm_1'] }
  }
  const files = async () => {
    const [own = ''] = await readdir(join(dataDir, 'spool'))
    return readdir(join(dataDir, 'spool', own))
  }
  const limits = { memoryBytesMax: 500 }
  const { send, greet } = await startListener(t, { journal, limits })
  t.match(await send(`${RAW}${'x'.repeat(500 - RAW.length - 2)}\r\n`), { code: 250 })
  t.same(modes, [], 'at the limit it stays in memory')
  t.match(await send(`${RAW}${'x'.repeat(500 - RAW.length - 1)}\r\n`), { code: 250 })
  t.same(modes, [0o600])

  const failing = await startListener(t, { journal: () => Promise.reject(new Error('away')), limits })
  t.match(await failing.send(RAW + 'x'.repeat(2_000)), { code: 451 })
  const client = await greet()
  await untilData(client)
  client.socket.write('x'.repeat(2_000), () => client.end())
  await client.closed
  const listener = await startListener(t, { limits })
  await listener.send()
  t.same(await files(), [])
})

t.test('header blocks and hops have a limit', async (t) => {
  const { send } = await startListener(t, { limits: { headerBytesMax: 1_000, receivedMax: 5 } })
  const header = (size: number) => `X: ${'x'.repeat(size - 5)}\r\n`
  t.match(await send(`${header(1_000)}\r\nbody\r\n`), { code: 250 })
  t.match(await send(`${header(1_001)}\r\nbody\r\n`), { code: 552, text: /^5\.3\.4 Header/ })
  t.match(await send(`${header(1_100)}`), { code: 552 }, 'also where no body follows')
  t.match(await send(`${'Received: x\r\n'.repeat(5)}\r\nReceived: in the body\r\n`), { code: 250 })
  t.same(await send(`${'received : x\r\n'.repeat(6)}\r\nbody\r\n`), { code: 554, text: '5.4.6 Too many hops' })
})

t.test('a mail has so many recipients, a command so many bytes', async (t) => {
  const { greet, kept } = await startListener(t, { limits: { recipientsMax: 3, commandBytesMax: 200 } })
  const client = await greet()
  await client.say(MAIL)
  for (const index of [1, 2, 3]) t.match(await client.say(`RCPT TO:<support${index}@ours.test>`), { code: 250 })
  t.match(await client.say('RCPT TO:<support4@ours.test>'), { code: 452, text: /^4\.5\.3/ })
  await client.say('DATA')
  t.match(await client.say(`${RAW}.`), { code: 250 }, 'those who were taken get the mail')
  t.equal(kept[0]?.rcptTo.length, 3)

  t.match(await client.say(`NOOP ${'x'.repeat(195)}`), { code: 250 })
  t.match(await client.say(`NOOP ${'x'.repeat(196)}`), { code: 421 })
  await client.closed
})

t.test('the last of too many errors ends the session, a mail in between forgives them', async (t) => {
  const { greet } = await startListener(t, { limits: { errorsMax: 3 } })
  const client = await greet()
  for (let round = 0; round < 2; round++) {
    await client.say(MAIL)
    for (const _ of [1, 2]) t.match(await client.say('RCPT TO:<nobody@ours.test>'), { code: 550 })
    await client.say(RCPT)
    await client.say('DATA')
    t.match(await client.say(`${RAW}.`), { code: 250 })
  }
  for (const _ of [1, 2]) t.match(await client.say('NONSENSE'), { code: 500 })
  t.same(await client.say('NONSENSE'), { code: 421, text: '4.7.0 Too many errors' })
  await client.closed
})

t.test('a connection carries so many mails, an address sends so many a minute', async (t) => {
  const limits = { mailsPerConnectionMax: 2, mailsPerMinuteMax: 4, isLoopbackExempt: false }
  const { greet, send } = await startListener(t, { limits })
  const client = await greet()
  for (const _ of [1, 2]) {
    await untilData(client)
    t.match(await client.say(`${RAW}.`), { code: 250 })
  }
  t.same(await client.say(MAIL), { code: 421, text: '4.7.0 Too many mails on this connection' })
  await client.closed
  t.match(await send(), { code: 250 })
  t.match(await send(), { code: 250 })
  t.same(await send(), { code: 450, text: '4.7.1 Too many mails, try again later' })
})

t.test('connections are limited, for one address and in all', async (t) => {
  for (const [limits, max] of [
    [{ connectionsPerIpMax: 3 }, 3],
    [{ connectionsMax: 2 }, 2],
  ] as const) {
    const { connect, listener } = await startListener(t, { limits: { ...limits, isLoopbackExempt: false } })
    const clients = await Promise.all(Array.from({ length: max }, connect))
    t.same(
      clients.map(({ greeting }) => greeting.code),
      Array.from({ length: max }, () => 220),
    )
    t.equal(listener.connections(), max)
    const late = await connect()
    t.same(late.greeting, { code: 421, text: '4.7.0 Too many connections, try again later' })
    await late.closed

    clients[0]?.socket.end('QUIT\r\n')
    await clients[0]?.closed
    t.equal((await connect()).greeting.code, 220, 'a slot that is free again is given again')
  }
})

t.test('loopback and trusted relays are held back by no rate', async (t) => {
  const limits = { connectionsPerIpMax: 1, connectionsMax: 1, mailsPerMinuteMax: 1 }
  for (const changes of [
    { limits },
    { limits: { ...limits, isLoopbackExempt: false }, trustedRelays: ['127.0.0.1'] },
    { limits: { ...limits, isLoopbackExempt: false }, trustedRelays: ['2001:db8::/32', '127.0.0.0/30'] },
  ]) {
    const { connect, send } = await startListener(t, changes)
    await connect()
    t.match(await send(), { code: 250 })
    t.match(await send(), { code: 250 })
  }
})

t.test('a peer that does not speak is left', async (t) => {
  const { greet, connect } = await startListener(t, { limits: { commandIdleSeconds: 0.2 } })
  const silent = await connect()
  const dripping = await greet()
  const drip = setInterval(() => dripping.socket.write('N'), 20)
  for (const client of [silent, dripping]) {
    t.match(await client.reply(), { code: 421, text: /^4\.4\.2 Timeout/ })
  }
  clearInterval(drip)
})

t.test('under stress patience is short', async (t) => {
  const limits = { connectionsMax: 2, stressShare: 0.5, stressIdleSeconds: 0.1, isLoopbackExempt: false }
  const { connect } = await startListener(t, { limits })
  t.match(await (await connect()).reply(), { code: 421, text: /^4\.4\.2/ })
})

t.test('a mail that trickles in is given up, one that keeps coming is not', async (t) => {
  const { greet, kept } = await startListener(t, { limits: { dataIdleSeconds: 0.2, dataBytesMin: 50 } })
  const slow = await greet()
  await untilData(slow)
  const drip = setInterval(() => slow.socket.write('x'), 20)
  t.match(await slow.reply(), { code: 421, text: /^4\.4\.2/ })
  clearInterval(drip)

  const steady = await greet()
  await untilData(steady)
  let lines = 0
  await new Promise<void>((resolve) => {
    const flow = setInterval(() => {
      steady.socket.write(`${'y'.repeat(20)}\r\n`)
      if (++lines < 12) return
      clearInterval(flow)
      resolve()
    }, 40)
  })
  t.match(await steady.say('.'), { code: 250 })
  t.equal(kept.length, 1)
})

t.test('a transaction has an end, but not while the peer waits for us', async (t) => {
  const { greet } = await startListener(t, { limits: { transactionSeconds: 0.15 } })
  const client = await greet()
  await client.say(MAIL)
  t.match(await client.reply(), { code: 421, text: /^4\.4\.2/ })

  const journal = () => new Promise<{ ids: string[] }>((resolve) => setTimeout(resolve, 400, { ids: ['inm_1'] }))
  const slow = await startListener(t, { journal, limits: { transactionSeconds: 0.15, commandIdleSeconds: 0.15 } })
  t.match(await slow.send(), { code: 250 })
})

t.test('many who do nothing do not keep a good client waiting', async (t) => {
  const { connect, port } = await startListener(t)
  await Promise.all(Array.from({ length: 250 }, connect))
  const start = performance.now()
  t.match(await deliver({ port, mailFrom: '', rcptTo: 'support@ours.test', raw: RAW }), { code: 250 })
  t.ok(performance.now() - start < 2_000)
})

t.test('closing lets a mail under way finish, and nobody else begin', async (t) => {
  const { listener, greet, port, kept } = await startListener(t)
  const idle = await greet()
  const busy = await greet()
  await untilData(busy)
  const closed = listener.close(5)

  t.match(await idle.reply(), { code: 421, text: /^4\.3\.2/ })
  const late = await connectSmtp(port)
  t.match(late.greeting, { code: 421, text: /^4\.3\.2/ })
  late.end()
  t.match(await busy.say(`${RAW}.`), { code: 250 })
  t.match(await busy.reply(), { code: 421, text: /^4\.3\.2/ })
  await closed
  t.equal(kept.length, 1)
  t.equal(listener.connections(), 0)
  await t.rejects(connectSmtp(port))
})

t.test('closing waits no longer than the grace', async (t) => {
  const { listener, greet, kept } = await startListener(t)
  const busy = await greet()
  await untilData(busy)
  busy.socket.write('half a mail')
  await listener.close(0.1)
  await busy.closed
  t.same(kept, [])
})
