import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth'
import { createTransport as createMailer } from 'nodemailer'
import t, { type Test } from 'tap'
import { compose, type OutgoingMail } from '../src/mail/out/compose.ts'
import { readDkimKeys } from '../src/mail/out/dkim.ts'
import { createTransport } from '../src/mail/out/transport.ts'
import { startSink } from './support/smtp.ts'

const outgoing = (changes: Partial<OutgoingMail> = {}): OutgoingMail => ({
  messageId: 'msg_1.tkt_1@desk.test',
  from: { address: 'support@desk.test', name: 'Support' },
  to: [{ address: 'ruth@example.org', name: 'Ruth' }],
  replyTo: { address: 'support+kabc@desk.test', name: null },
  subject: 'Printer on fire',
  ticketNumber: 12,
  inReplyTo: 'her-1@example.org',
  references: ['her-0@example.org', 'her-1@example.org'],
  bodyText: 'Hello,\nplease stand back.\n',
  bodyHtml: null,
  automatic: false,
  instanceId: 'ins_1',
  attachments: [],
  ...changes,
})

/** A mail as its receiver gets it: composed, built, sent over a socket. */
async function sent(t: Test, mail: OutgoingMail) {
  const sink = await startSink()
  const transport = createTransport({ relayUrl: `smtp://127.0.0.1:${sink.port}`, ehloName: 'desk.test' })
  t.teardown(async () => {
    transport.close()
    await sink.close()
  })
  const result = await transport.send(compose(mail))
  return { sink, transport, result, mail: sink.mails[0] }
}

/** A mail as nodemailer would write it, without the wait for a greeting. */
async function built(mail: OutgoingMail) {
  const mailer = createMailer({ streamTransport: true, buffer: true, newline: 'windows' })
  const { message, envelope } = await mailer.sendMail(compose(mail))
  const raw = Buffer.isBuffer(message) ? message.toString('latin1') : ''
  const head = (raw.split('\r\n\r\n', 1)[0] ?? '').split(/\r\n(?![ \t])/)
  const names = head.map((line) => line.split(':', 1)[0]?.toLowerCase() ?? '')
  const header = (name: string) =>
    head
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .replace(/\r\n[ \t]+/g, ' ')
      .trim()
  return { raw, names, header, envelope }
}

t.test('a reply arrives as one mail in its thread, and its answer comes back to the ticket', async (t) => {
  const { result, mail } = await sent(t, outgoing({ bodyHtml: '<p>Hello</p>' }))

  t.match(result, { outcome: 'sent', rejected: [] })
  t.same(mail?.envelope, { mailFrom: 'support+kabc@desk.test', rcptTo: ['ruth@example.org'] })
  t.equal(mail?.header('from'), 'Support <support@desk.test>')
  t.equal(mail?.header('to'), 'Ruth <ruth@example.org>')
  t.equal(mail?.header('reply-to'), 'support+kabc@desk.test')
  t.equal(mail?.header('subject'), 'Printer on fire #[12]')
  t.equal(mail?.header('message-id'), '<msg_1.tkt_1@desk.test>')
  t.equal(mail?.header('in-reply-to'), '<her-1@example.org>')
  t.equal(mail?.header('references'), '<her-0@example.org> <her-1@example.org>')
  t.equal(mail?.header('x-kontor-instance'), 'ins_1')
  t.equal(mail?.header('auto-submitted'), undefined)
  t.equal(mail?.header('x-mailer'), undefined)
  t.match(mail?.header('content-type'), /^multipart\/alternative/)
  t.notMatch(mail?.raw.toString('latin1') ?? '', /[^\r]\n|\r[^\n]/, 'no bare CR or LF goes out')
})

t.test('mail that no person sent says so, and leaves with the null sender', async (t) => {
  const { mail } = await sent(t, outgoing({ automatic: true }))
  t.same(mail?.envelope.mailFrom, '')
  t.equal(mail?.header('auto-submitted'), 'auto-replied')
  t.equal(mail?.header('x-auto-response-suppress'), 'All')
  t.equal((await built(outgoing({ automatic: true, inReplyTo: null }))).header('auto-submitted'), 'auto-generated')
})

t.test('the subject names its ticket exactly once', async (t) => {
  for (const [subject, expected] of [
    ['Hello', 'Hello #[12]'],
    ['Re: Hello #[12]', 'Re: Hello #[12]'],
    ['Re: #[12] AW: #[12] Hello [#12]', 'Re: AW: Hello #[12]'],
    ['Hello #[123]', 'Hello #[123] #[12]'],
    ['', '#[12]'],
  ] as const) {
    t.equal(compose(outgoing({ subject })).subject, expected)
  }
  t.equal(compose(outgoing({ ticketNumber: null, subject: 'Your digest' })).subject, 'Your digest')
})

t.test('a long thread keeps its root and its newest links', async (t) => {
  const references = Array.from({ length: 500 }, (_, index) => `${index}@example.org`)
  const { header } = await built(outgoing({ references: [...references, 'not an id', 'a<b@c', ''] }))
  const ids = header('references')?.split(' ') ?? []
  t.equal(ids.length, 30)
  t.equal(ids[0], '<0@example.org>')
  t.equal(ids.at(-1), '<499@example.org>')
})

const BREAKS = [
  '\r\n',
  '\n',
  '\r',
  '\u2028',
  '\u2029',
  '\u0085',
  '\0',
  '\v',
  '\f',
  '%0d%0a',
  '\\r\\n',
  '=?utf-8?q?=0D=0A?=',
]
const PAYLOADS = [
  'Bcc: eve@evil.test',
  '\tBcc: eve@evil.test',
  'X-Evil: 1\r\n\r\n<script>',
  '.\r\nMAIL FROM:<a@evil.test>',
]

const FIELDS: Record<string, (text: string) => Partial<OutgoingMail>> = {
  subject: (text) => ({ subject: `a${text}` }),
  'own name': (text) => ({ from: { address: 'support@desk.test', name: `a${text}` } }),
  "receiver's name": (text) => ({ to: [{ address: 'ruth@example.org', name: `a${text}` }] }),
  'reply name': (text) => ({ replyTo: { address: 'support+kabc@desk.test', name: `a${text}` } }),
  'message id': (text) => ({ messageId: `a${text}@desk.test` }),
  'replied id': (text) => ({ inReplyTo: `a${text}@desk.test` }),
  references: (text) => ({ references: [`a${text}@desk.test`, 'b@desk.test'] }),
  instance: (text) => ({ instanceId: `a${text}` }),
  filename: (text) => ({ attachments: [file({ filename: `a${text}.txt` })] }),
  'content id': (text) => ({
    bodyHtml: '<img src="cid:a">',
    attachments: [file({ contentId: `a${text}`, inline: true })],
  }),
  'content type': (text) => ({ attachments: [file({ contentType: `text/plain${text}` })] }),
}

const file = (changes: Partial<OutgoingMail['attachments'][number]>) => ({
  filename: 'a.txt',
  contentType: 'text/plain',
  contentId: null,
  inline: false,
  content: Buffer.from('x'),
  ...changes,
})

// biome-ignore format: a list of names
const OUR_HEADERS = ['content-transfer-encoding', 'content-type', 'date', 'from', 'in-reply-to', 'message-id', 'mime-version',
  'references', 'reply-to', 'subject', 'to', 'x-kontor-instance']

for (const [field, changes] of Object.entries(FIELDS)) {
  t.test(`nothing in the ${field} begins a header, a body or a recipient`, async (t) => {
    for (const text of BREAKS.flatMap((mark) => PAYLOADS.map((payload) => `${mark}${payload}`))) {
      const { raw, names, envelope } = await built(outgoing(changes(text)))
      t.same(
        names.filter((name) => !OUR_HEADERS.includes(name)),
        [],
        encodeURIComponent(text),
      )
      t.equal(new Set(names).size, names.length, 'each header once')
      t.same(envelope, { from: 'support+kabc@desk.test', to: ['ruth@example.org'] })
      t.notMatch(raw, /^(bcc|x-evil|mail from):/im)
      t.notMatch(raw, /[^\r]\n|\r[^\n]|\0/)
    }
  })
}

t.test('the receiver of hostile text still gets exactly our mail', async (t) => {
  const text = '\r\nBcc: eve@evil.test\r\n\r\n.\r\nMAIL FROM:<eve@evil.test>\r\n'
  const hostile = outgoing(Object.assign({}, ...Object.values(FIELDS).map((changes) => changes(text))))
  const { mail, sink } = await sent(t, { ...hostile, bodyText: text, bodyHtml: `<p>${text}` })

  t.equal(sink.mails.length, 1)
  t.same(mail?.envelope, { mailFrom: 'support+kabc@desk.test', rcptTo: ['ruth@example.org'] })
  t.same(
    mail?.headers.map(({ name }) => name).filter((name) => !OUR_HEADERS.includes(name)),
    [],
  )
})

t.test('no mail is composed to what is no address', async (t) => {
  for (const address of ['a@b.test\r\nBcc: c@d.test', 'a@b.test,c@d.test', '', 'a', '"a b"@c.test', 'a@b.test>']) {
    t.throws(() => compose(outgoing({ to: [{ address, name: null }] })))
    t.throws(() => compose(outgoing({ from: { address, name: null } })))
    t.throws(() => compose(outgoing({ replyTo: { address, name: null } })))
  }
})

t.test('attachments keep their bytes and their names, images their place in the text', async (t) => {
  const content = Buffer.from('a\nb\rc\r\n.\0\xff', 'latin1')
  const { raw } = await built(
    outgoing({
      bodyHtml: '<img src="cid:logo@desk">',
      attachments: [
        file({ filename: '../etc/Prüfung.eml', contentType: 'message/rfc822', content }),
        file({ filename: null, contentType: 'image/png', contentId: 'logo@desk', inline: true, content }),
      ],
    }),
  )
  t.equal(raw.split(content.toString('base64')).length - 1, 2, 'both are there, in base64')
  t.match(raw, /Content-Id: <logo@desk>/i)
  t.match(raw, /multipart\/related/)
  t.notMatch(raw, /filename[^\r]*[\\/]etc/i)
})

t.test('what the relay says decides between never and later', async (t) => {
  const { sink, transport } = await sent(t, outgoing())
  const options = compose(outgoing())
  for (const [at, code, outcome] of [
    ['rcpt', 550, 'failed'],
    ['rcpt', 450, 'deferred'],
    ['data', 554, 'failed'],
    ['data', 451, 'deferred'],
  ] as const) {
    sink.answer({ at, code, text: `Because ${code}` })
    t.match(await transport.send(options), { outcome, response: new RegExp(`^${code} Because`) })
  }
  sink.answer(undefined)
  t.match(await transport.send(options), { outcome: 'sent' }, 'and the transport still works')
})

t.test('a relay that is away means later', async (t) => {
  const { port, close } = await startSink()
  await close()
  const transport = createTransport({ relayUrl: `smtp://user:s3cr3t@127.0.0.1:${port}`, ehloName: 'desk.test' })
  t.teardown(() => transport.close())
  const result = await transport.send(compose(outgoing()))
  t.match(result, { outcome: 'deferred' })
  t.notMatch(result.response, /s3cr3t/)
  t.equal(await transport.verify(), false)
})

t.test('away from loopback nothing leaves without TLS, unless the operator says so', async (t) => {
  const { port, close } = await startSink()
  t.teardown(close)
  const send = async (relayUrl: string) => {
    const transport = createTransport({ relayUrl, ehloName: 'desk.test' })
    t.teardown(() => transport.close())
    return transport.send(compose(outgoing()))
  }
  // 0.0.0.0 reaches loopback, but is not a loopback name.
  t.match(await send(`smtp://0.0.0.0:${port}`), { outcome: 'deferred' })
  t.match(await send(`smtp://0.0.0.0:${port}?tls=none`), { outcome: 'sent' })
  for (const url of ['http://a.test', 'smtp://', 'nonsense'])
    t.throws(() => createTransport({ relayUrl: url, ehloName: 'a' }))
})

t.test('mail is signed for the domain of its sender, and by nobody else', async (t) => {
  const folder = t.testdir({})
  const keyIn = (name: string, type: 'rsa' | 'ec' = 'rsa', modulusLength = 2_048) => {
    const { privateKey, publicKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength })
        : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    writeFileSync(join(folder, name), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  }
  const records = new Map([
    ['s1._domainkey.desk.test', keyIn('one.pem')],
    ['s2._domainkey.help.desk.test', keyIn('two.pem')],
    ['s3._domainkey.help.desk.test', keyIn('three.pem')],
  ])
  const named = ['desk.test:s1:one.pem', 'help.desk.test:s2:two.pem', 'HELP.desk.test:s3:three.pem']
  const inFolder = (one: string) => one.replace(/[^:]*$/, (file) => join(folder, file))
  const dkimKeys = await readDkimKeys(named.map(inFolder))
  const sink = await startSink()
  const transport = createTransport({ relayUrl: `smtp://127.0.0.1:${sink.port}`, ehloName: 'desk.test', dkimKeys })
  t.teardown(async () => {
    transport.close()
    await sink.close()
  })
  const resolver = async (name: string) => [[`v=DKIM1; k=rsa; p=${records.get(name)}`]]
  const signed: [string, string[]][] = [
    ['support@desk.test', ['desk.test s1']],
    ['support@Sub.Desk.test', ['desk.test s1']],
    ['a@x.help.desk.test', ['help.desk.test s2', 'help.desk.test s3']],
    ['support@otherdesk.test', []],
    ['support@test', []],
  ]
  for (const [address, by] of signed) {
    const mail = outgoing({ from: { address, name: 'Büro' }, bodyHtml: '<p>Grüße</p>', subject: `Größe ${address}` })
    t.match(await transport.send(compose(mail)), { outcome: 'sent' })
    const raw = sink.mails.at(-1)?.raw.toString('latin1') ?? ''
    const { results } = await dkimVerify(Buffer.from(raw, 'latin1'), { resolver })
    const passed = results.filter(({ status }) => status.result === 'pass')
    t.same(passed.map(({ signingDomain, selector }) => `${signingDomain} ${selector}`).toSorted(), by, address)
    t.equal(raw.match(/^DKIM-Signature:/gim)?.length ?? 0, by.length)
    const forged = await dkimVerify(Buffer.from(raw.replace(/^Subject: /im, 'Subject: Not '), 'latin1'), { resolver })
    t.notOk(
      forged.results.some(({ status }) => status.result === 'pass'),
      'the signature is of this mail',
    )
  }

  keyIn('weak.pem', 'rsa', 512)
  keyIn('curve.pem', 'ec')
  writeFileSync(join(folder, 'text.pem'), 'no key')
  for (const file of ['weak.pem', 'curve.pem', 'text.pem'])
    await t.rejects(readDkimKeys([inFolder(`desk.test:s1:${file}`)]), { message: new RegExp(file) })
  await t.rejects(readDkimKeys([inFolder('desk.test:s1:missing.pem')]), { message: /DKIM_KEYS: .*missing.pem/ })
})
