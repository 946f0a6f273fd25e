import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createSmtpListener, type TlsSettings } from '../src/mail/in/server.ts'
import type { ReceivedMail } from '../src/mail/in/smtp-receive.ts'
import { readCertificate, watchCertificate } from '../src/mail/in/smtp-tls.ts'
import { openSpoolFolder } from '../src/mail/in/spool-folder.ts'
import { makeCertificate } from './support/certificate.ts'
import { eventually } from './support/process.ts'
import { connectSmtp, type SmtpClient } from './support/smtp.ts'

const folder = await mkdtemp(join(tmpdir(), 'kontor-tls-'))
t.teardown(() => rm(folder, { recursive: true }))
const spool = await openSpoolFolder(folder)
const files = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') }

async function writeCertificate(name: string) {
  const { cert, key } = makeCertificate(name)
  await writeFile(files.certPath, cert)
  await writeFile(files.keyPath, key)
  return cert
}
await writeCertificate('mail.ours.test')

async function startListener(t: Test, tls: Partial<TlsSettings> | undefined, limits = {}) {
  const kept: ReceivedMail[] = []
  const listener = createSmtpListener({
    host: '127.0.0.1',
    port: 0,
    mailBytesMax: 10_000,
    trustedRelays: [],
    log: pino({ level: 'silent' }),
    spool,
    recipient: async () => 'ours',
    journal: async (mail) => {
      kept.push(mail)
      return { ids: ['inm_1'] }
    },
    tls: tls && { ...files, required: false, implicitPort: undefined, ...tls },
    limits,
  })
  const ports = await listener.listen()
  const clients: SmtpClient[] = []
  t.teardown(async () => {
    for (const client of clients) client.end()
    await listener.close(0)
  })
  const connect = async () => {
    const client = await connectSmtp(ports.port)
    clients.push(client)
    return client
  }
  return { ...ports, listener, kept, connect }
}

/** The same session within TLS; the caller trusts whoever is there, as relays do. */
async function secured({ socket }: SmtpClient, options = {}): Promise<Session> {
  socket.removeAllListeners('data')
  const tls = connectTls({ socket, rejectUnauthorized: false, ...options })
  await once(tls, 'secureConnect')
  return sessionOf(tls)
}

interface Session {
  tls: TLSSocket
  say(line: string): Promise<string>
  line(): Promise<string>
}

function sessionOf(tls: TLSSocket): Session {
  tls.setEncoding('latin1')
  const line = async () => {
    let text = ''
    while (!/^\d{3} .*\r\n$/m.test(text)) text += (await once(tls, 'data'))[0]
    return text
  }
  const say = (text: string) => {
    tls.write(`${text}\r\n`)
    return line()
  }
  return { tls, say, line }
}

const MAIL = 'MAIL FROM:<ada@good.test>'

t.test('without a certificate of our own there is no STARTTLS', async (t) => {
  const { connect } = await startListener(t, undefined)
  const client = await connect()
  t.notMatch((await client.say('EHLO client.test')).text, /STARTTLS/)
  t.match(await client.say('STARTTLS'), { code: 500 })
})

t.test('a mail comes in under TLS 1.2 or newer, by our certificate', async (t) => {
  const { connect, kept } = await startListener(t, { required: true })
  const client = await connect()
  t.match((await client.say('EHLO client.test')).text, /^STARTTLS$/m)
  t.same(await client.say(MAIL), { code: 530, text: '5.7.0 Must issue a STARTTLS command first' })
  t.match(await client.say('STARTTLS'), { code: 220 })
  const { tls, say } = await secured(client)
  t.equal(tls.getPeerCertificate().subject.CN, 'mail.ours.test')
  t.match(tls.getProtocol(), /^TLSv1\.[23]$/)
  t.notMatch(await say('EHLO client.test'), /STARTTLS|AUTH/)
  for (const line of [MAIL, 'RCPT TO:<support@ours.test>']) t.match(await say(line), /^250 /)
  t.match(await say('DATA'), /^354 /)
  t.match(await say('Subject: Hi\r\n\r\nHello\r\n.'), /^250 /)
  t.equal(kept.length, 1)

  const old = await connect()
  await old.say('EHLO client.test')
  await old.say('STARTTLS')
  await t.rejects(secured(old, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }))
})

t.test('what was said in the clear is forgotten under TLS (RFC 3207 §4.2)', async (t) => {
  const { connect } = await startListener(t, {})
  const client = await connect()
  await client.say('EHLO client.test')
  client.socket.write(`STARTTLS\r\n${MAIL}\r\n`)
  t.match(await client.reply(), { code: 220 })
  const { say } = await secured(client)
  t.match(await say('RCPT TO:<support@ours.test>'), /^503 /, 'neither MAIL nor EHLO counts')
  await say('EHLO client.test')
  t.match(await say('RCPT TO:<support@ours.test>'), /^503 /)
})

t.test('a port of its own speaks TLS from the first byte', async (t) => {
  const { implicitPort = 0, kept } = await startListener(t, { required: true, implicitPort: 0 })
  const tls = connectTls({ port: implicitPort, host: '127.0.0.1', rejectUnauthorized: false })
  const { say, line } = sessionOf(tls)
  t.match(await line(), /^220 /)
  for (const text of ['EHLO client.test', MAIL, 'RCPT TO:<support@ours.test>']) t.match(await say(text), /^250[ -]/)
  await say('DATA')
  t.match(await say('Subject: Hi\r\n\r\nHello\r\n.'), /^250 /)
  t.equal(kept.length, 1)
  tls.destroy()
})

t.test('a session that went over to TLS gives its slot back', async (t) => {
  const limits = { connectionsPerIpMax: 1, isLoopbackExempt: false }
  const { connect, listener } = await startListener(t, {}, limits)
  for (let n = 0; n < 3; n++) {
    const client = await connect()
    t.equal(client.greeting.code, 220)
    await client.say('EHLO client.test')
    await client.say('STARTTLS')
    const { tls } = await secured(client)
    tls.destroy()
    await client.closed
    t.ok(await eventually(async () => listener.connections() === 0))
  }
})

t.test('a renewed certificate is taken up, a broken one is not', async (t) => {
  const renewals: string[] = []
  const errors: unknown[] = []
  const { look, stop } = watchCertificate(files, {
    current: await readCertificate(files),
    onRenewed: ({ cert }) => renewals.push(cert.toString()),
    onError: (error) => errors.push(error),
  })
  t.teardown(stop)
  await look()
  t.same(renewals, [], 'nothing has changed')
  const renewed = await writeCertificate('new.ours.test')
  await look()
  t.same(renewals, [renewed])
  await writeFile(files.keyPath, makeCertificate('other').key)
  await look()
  t.equal(errors.length, 1)
  t.equal(renewals.length, 1)
})
