import fc from 'fast-check'
import t from 'tap'
import { Check } from 'typebox/value'
import { type InboundMail, ParsedMail } from '../src/domain/mail/schema.ts'
import type { BlobSource } from '../src/kernel/blobs.ts'
import { classify } from '../src/mail/in/classify.ts'
import { parseMail } from '../src/mail/in/parse.ts'
import { createParser } from '../src/mail/in/parser.ts'
import { splitQuotes } from '../src/mail/in/quotes.ts'
import { startCost } from './support/cost.ts'

/** Lines of a mail, as bytes: every character is one. */
const bytes = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1')
const parse = (...lines: string[]) => parseMail(bytes(...lines))
const utf8 = (text: string) => Buffer.from(text).toString('latin1')
const base64 = (text: string) => Buffer.from(text).toString('base64')

const textOf = (source: BlobSource | undefined) =>
  source && 'bytes' in source ? Buffer.from(source.bytes).toString() : undefined

const part = (headers: string[], body: string) => ['--b', ...headers, '', body]
const multipart = (subtype: string, ...parts: string[][]) =>
  parse('From: ada@good.test', `Content-Type: multipart/${subtype}; boundary=b`, '', ...parts.flat(), '--b--', '')
const plain = (text: string) => part(['Content-Type: text/plain; charset=utf-8'], text)
const html = (text: string) => part(['Content-Type: text/html; charset=utf-8'], text)

t.test('a mail becomes a plain value', async (t) => {
  const mail = await parse(
    'Message-ID: <a.1@good.test>',
    'In-Reply-To: <b@desk.test>',
    'References: <c@desk.test>',
    '\t<b@desk.test> <c@desk.test>',
    'Date: Fri, 20 Nov 2026 10:00:00.5 +0100 (CET)',
    'From: =?utf-8?q?Ad=C3=A4?= L <Ada@Good.Test>',
    'Reply-To: other@good.test',
    'To: Desk: support@ours.test, "B, C" <b@c.test>;, support@ours.test',
    'Cc: =?iso-8859-1?q?J=FCrgen?= <j@b=?x?=.test>, =?utf-8?b?w7w=?= <u@xn--bcher-kva.test>',
    'Subject: =?utf-8?b?w7xiZXI=?= =?utf-8?b?IGFs?=',
    ' =?utf-8?q?les?=',
    '',
    'Hello',
    '',
    'Ada',
  )
  t.match(mail, {
    messageId: 'a.1@good.test',
    inReplyTo: 'b@desk.test',
    date: '2026-11-20T09:00:00.500Z',
    from: { address: 'ada@good.test', name: 'Adä L' },
    replyTo: { address: 'other@good.test', name: null },
    subject: 'über alles',
    bodyText: 'Hello\n\nAda',
    bodyHtml: null,
    visibleText: 'Hello\n\nAda',
    quotedText: null,
    fromCount: 1,
    autorespond: true,
    kind: 'ordinary',
    automaticBecause: null,
    forward: null,
    bounce: null,
    reportedIds: [],
    parseError: null,
  })
  t.same(mail.references, ['c@desk.test', 'b@desk.test'])
  t.same(mail.to, [
    { address: 'support@ours.test', name: null },
    { address: 'b@c.test', name: 'B, C' },
  ])
  t.same(mail.cc, [{ address: 'u@xn--bcher-kva.test', name: 'ü' }])
  t.same(mail.attachments, [])
  t.ok(Check(ParsedMail, mail))
})

t.test('a mail of nothing has nothing, and is a mail', async (t) => {
  const empty = {
    messageId: null,
    from: null,
    replyTo: null,
    subject: null,
    date: null,
    bodyText: null,
    visibleText: null,
  }
  for (const raw of ['', '\r\n', '\r\n\r\n', 'X:', 'Subject:', 'From:\r\nDate: tomorrow\r\nMessage-ID: <>\r\n\r\n']) {
    t.match(
      await parse(raw),
      { ...empty, to: [], cc: [], references: [], fromCount: 0, parseError: null },
      JSON.stringify(raw),
    )
  }
})

t.test('who sent it is certain only where one sender is named', async (t) => {
  for (const [headers, fromCount, address] of [
    [['From: a@b.test'], 1, 'a@b.test'],
    [['From: a@b.test, c@d.test'], 2, 'a@b.test'],
    [['From: a@b.test', 'From: c@d.test'], 2, undefined],
    [['From: "evil@x.test" <a@b.test>'], 1, 'a@b.test'],
    [['From: "evil@a.test x"@b.test'], 0, undefined],
    [['From: =?utf-8?q?boss=40ours=2Etest?= <a@b.test>'], 1, 'a@b.test'],
    [['From: a%b@c.test'], 0, undefined],
    [['Sender: a@b.test'], 0, undefined],
  ] as const) {
    const mail = await parse(...headers, '', 'x')
    t.equal(mail.fromCount, fromCount, headers.join())
    if (address) t.equal(mail.from?.address, address)
  }
})

t.test('ids are read with and without brackets, bounded', async (t) => {
  t.equal((await parse('Message-ID: a@b.test', '', '')).messageId, 'a@b.test')
  t.equal((await parse('Message-ID: <no-at-sign>', '', '')).messageId, 'no-at-sign')
  t.equal((await parse('Message-ID: <folded', ' @b.test>', '', '')).messageId, 'folded@b.test')
  t.equal((await parse('In-Reply-To: Your mail of yesterday <x@y.test>', '', '')).inReplyTo, 'x@y.test')
  t.equal((await parse('In-Reply-To: nothing of the kind', '', '')).inReplyTo, null)
  t.same((await parse('References: <a@b><c@d>, e@f', '', '')).references, ['a@b', 'c@d'])
  const many = Array.from({ length: 900 }, (_, index) => `<${index}@x>`)
  const { references } = await parse('References:', ...many.map((id) => ` ${id}`), '', '')
  t.equal(references.length, 200)
  t.same([references[0], references.at(-1)], ['0@x', '899@x'])
})

for (const [name, type, content, text] of [
  ['UTF-8 that says so', 'text/plain; charset=utf-8', utf8('Grüße'), 'Grüße'],
  ['UTF-8 that says nothing', 'text/plain', utf8('Grüße'), 'Grüße'],
  ['UTF-8 that calls itself ASCII', 'text/plain; charset=us-ascii', utf8('Grüße'), 'Grüße'],
  ['Latin-1 that says nothing', 'text/plain', 'Gr\xfc\xdfe', 'Grüße'],
  ['a charset that nobody knows', 'text/plain; charset=x-klingon', 'Gr\xfc\xdfe', 'Grüße'],
  ['a charset that is nonsense', 'text/plain; charset="\x01\xff%00"', 'Gr\xfc\xdfe', 'Grüße'],
  ['an empty charset', 'text/plain; charset=', 'Gr\xfc\xdfe', 'Grüße'],
  ['windows-1251', 'text/plain; charset=windows-1251', '\xcf\xf0\xe8\xe2\xe5\xf2', 'Привет'],
  ['KOI8-R', 'text/plain; charset=KOI8-R', '\xf0\xd2\xc9\xd7\xc5\xd4', 'Привет'],
  ['ISO-2022-JP', 'text/plain; charset=ISO-2022-JP', '\x1b$B$3$s\x1b(B', 'こん'],
  ['Shift_JIS under the name of its code page', 'text/plain; charset=cp932', '\x82\xb1\x82\xf1', 'こん'],
  ['GB2312', 'text/plain; charset=gb2312', '\xc4\xe3', '你'],
  ['UTF-8 that is broken', 'text/plain; charset=utf-8', 'a\xffb', 'a\ufffdb'],
  ['no type at all', '', 'x', 'x'],
  ['a type that is none', 'text', 'x', 'x'],
] as const) {
  t.test(`${name} is read`, async (t) => t.equal((await parse(`Content-Type: ${type}`, '', content)).bodyText, text))
}

t.test('8-bit headers are read, in UTF-8 and in what came before', async (t) => {
  for (const subject of [utf8('Grüße'), 'Gr\xfc\xdfe']) {
    const mail = await parse(`Subject: ${subject}`, `From: ${subject} <a@b.test>`, '', 'x')
    t.match(mail, { subject: 'Grüße', from: { name: 'Grüße' } })
  }
})

t.test('quoted-printable and base64 are undone, also when cut short or dirty', async (t) => {
  t.equal(
    (await parse('Content-Transfer-Encoding: quoted-printable', '', 'a=C3=BC=', 'b=3D=', '=zz')).bodyText,
    'aüb==zz',
  )
  t.equal(
    (await parse('Content-Transfer-Encoding: base64', '', `${base64('Hello there').slice(0, 8)}!!`, base64('x')))
      .parseError,
    null,
  )
})

t.test('broken lines are joined where the sender marked them (format=flowed)', async (t) => {
  const mail = await parse(
    'Content-Type: text/plain; format=flowed',
    '',
    'one ',
    'line',
    '> quoted ',
    '> line',
    ' from',
    '-- ',
    'Ada',
  )
  t.equal(mail.bodyText, 'one line\n> quoted line\nfrom\n-- \nAda')
  const joined = await parse('Content-Type: text/plain; format=flowed; delsp=yes', '', 'one ', 'word')
  t.equal(joined.bodyText, 'oneword')
})

t.test('without a text that says something, the HTML speaks', async (t) => {
  const long = 'A long story about a printer. '.repeat(20)
  t.match(await parse('Content-Type: text/html', '', '<p>Hello<br>you'), {
    bodyText: 'Hello\nyou',
    bodyHtml: '<p>Hello<br />you</p>',
  })
  for (const text of ['', '  \r\n ', 'Please view this in an HTML client.']) {
    t.match(
      await multipart('alternative', plain(text), html(`<p>${long}</p>`)),
      { bodyText: long.trim() },
      JSON.stringify(text),
    )
  }
  t.match(await multipart('alternative', plain('Short.'), html('<p>Short.</p>')), {
    bodyText: 'Short.',
    bodyHtml: '<p>Short.</p>',
  })
  t.match(await multipart('alternative', html('<p>a</p>'), plain('a, as text')), {
    bodyText: 'a, as text',
    bodyHtml: '<p>a</p>',
  })
})

t.test('what comes in pieces is read as one', async (t) => {
  const mail = await multipart('mixed', plain('first'), html('<p>second</p>'), plain('third <b>'))
  t.equal(mail.bodyText, 'first\nsecond\nthird <b>')
  t.match(mail.bodyHtml, /first.*second.*third &lt;b&gt;/s)
  t.same(mail.attachments, [])
})

t.test('HTML arrives safe', async (t) => {
  const { bodyHtml } = await parse(
    'Content-Type: text/html',
    '',
    '<p onclick=x()>a<script>b()</script><img src=http://c.test/d><svg>',
  )
  t.equal(bodyHtml, '<p>a</p>')
})

t.test('attachments keep name, type, bytes and place', async (t) => {
  const mail = await multipart(
    'mixed',
    plain('see attached'),
    part(['Content-Type: application/pdf; name="a b.pdf"', 'Content-Transfer-Encoding: base64'], base64('%PDF-1')),
    part(
      ["Content-Disposition: attachment; filename*0*=utf-8''%C3%BCb; filename*1=er.txt", 'Content-Type: text/plain'],
      'x',
    ),
    part(['Content-Disposition: inline; filename=log.txt', 'Content-Type: text/plain'], 'a log'),
    part(['Content-Type: message/rfc822'], 'Subject: inner\r\n\r\ninner text'),
    part(['Content-Type: image/png', 'Content-Disposition: attachment; filename="=?utf-8?q?=C3=BC=0D=0A?=.png"'], 'y'),
    part(['Content-Type: no/such thing\x01', 'Content-Disposition: attachment'], 'z'),
  )
  t.equal(mail.bodyText, 'see attached')
  t.same(
    mail.attachments.map(({ filename, contentType, size }) => [filename, contentType, size]),
    [
      ['a b.pdf', 'application/pdf', 6],
      ['über.txt', 'text/plain', 1],
      ['log.txt', 'text/plain', 5],
      [null, 'message/rfc822', 28],
      ['ü .png', 'image/png', 1],
      [null, 'application/octet-stream', 1],
    ],
  )
  t.equal(textOf(mail.contents[0]), '%PDF-1')
  t.equal(mail.contents.length, mail.attachments.length)
})

t.test('an image that the HTML shows is inline, with or without a disposition', async (t) => {
  const mail = await multipart(
    'related',
    html('<p><img src="cid:logo@x"> <img src="https://evil.test/y"></p>'),
    part(['Content-Type: image/png', 'Content-ID: <logo@x>'], 'png'),
    part(['Content-Type: image/png', 'Content-ID: <other@x>'], 'png'),
    part(['Content-Type: image/gif', 'Content-Disposition: inline'], 'gif'),
  )
  t.equal(mail.bodyHtml, '<p><img src="cid:logo@x" /> </p>')
  t.match(mail.attachments, [
    { contentId: 'logo@x', inline: true },
    { contentId: 'other@x', inline: false },
    { contentId: null, inline: true },
  ])
})

t.test('a part that nobody closed ends where the one around it goes on', async (t) => {
  const inner = (name: string) => [`Content-Type: multipart/alternative; boundary="${name}"`, '', `--${name}`]
  const mail = await parse(
    'Content-Type: multipart/mixed;',
    ' boundary=outer',
    '',
    '--outer',
    ...inner('one'),
    ...inner('two'),
    '',
    'text',
    '--outer',
    'Content-Type: image/png; name=a.png',
    '',
    'png',
    '--outer',
    ...inner('three'),
    'Content-Type: text/html',
    '',
    '<p>html</p>',
    '--three--',
    '--outer',
    'Content-Disposition: attachment; filename=b.txt',
    '',
    '--one',
    '--outer--',
  )
  t.equal(mail.bodyText, 'text\nhtml')
  t.match(mail.attachments, [
    { filename: 'a.png', size: 3 },
    { filename: 'b.txt', size: 5 },
  ])
})

t.test('of a report the text is the text, the rest stays attached', async (t) => {
  const status =
    'Reporting-MTA: dns; x.test\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\nAction: failed\r\nStatus: 5.1.1'
  const mail = await multipart(
    'report; report-type=delivery-status',
    plain('Could not be delivered.'),
    part(['Content-Type: message/delivery-status'], status),
    part(['Content-Type: text/rfc822-headers'], 'Message-ID: <ours@desk.test>'),
  )
  t.equal(mail.bodyText, 'Could not be delivered.')
  t.same(
    mail.attachments.map(({ contentType }) => contentType),
    ['message/delivery-status', 'text/rfc822-headers'],
  )
  t.equal(textOf(mail.contents[0]), status)
  t.match(mail, { autorespond: false, automaticBecause: 'multipart_report' })
})

t.test('what is no proper mail is still read', async (t) => {
  t.match(await parse('From x@y.test Thu Nov 26 2026', 'Subject: mbox', '', 'a'), { subject: 'mbox', bodyText: 'a' })
  t.match(await parse('', '', 'Subject: late', '', 'a'), { subject: 'late', bodyText: 'a' })
  t.match(await parse('Only a text,', 'without any header.'), { bodyText: 'Only a text,\nwithout any header.' })
  t.match(await parseMail(Buffer.from('Subject: lf\nX: y\n\na\nb')), { subject: 'lf', bodyText: 'a\nb' })
  t.match(await parse('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'never closed'), {
    bodyText: 'never closed',
  })
  t.match(await parse('Content-Type: multipart/mixed', '', 'no boundary'), { parseError: null })
  t.match(await parse('Subject: a\0b', '', 'c\0d'), { subject: 'ab', bodyText: 'cd' })
})

t.test('the limits hold at N, and N + 1 is kept as a failure with its plain headers', async (t) => {
  const plainHeaders = ['From: Ada <ada@good.test>', 'Subject: big', 'Message-ID: <m@x>']
  const failed = (parseError: string) => ({
    parseError,
    from: { address: 'ada@good.test' },
    fromCount: 1,
    subject: 'big',
    messageId: 'm@x',
    bodyText: null,
    attachments: [],
    contents: [],
  })
  const headers = (count: number) =>
    parse(...plainHeaders, ...Array.from({ length: count - 3 }, (_, i) => `X-${i}: y`), '', 'a')
  t.match(await headers(1_000), { parseError: null, bodyText: 'a' })
  t.match(await headers(1_001), failed('headers_too_large'))

  const headerBytes = (size: number) => {
    const before = bytes(...plainHeaders, 'X: ').length
    return parse(...plainHeaders, `X: ${'y'.repeat(size - before - 4)}`, '', 'a')
  }
  t.match(await headerBytes(262_144), { parseError: null })
  t.match(await headerBytes(262_145), failed('headers_too_large'))

  const parts = (count: number) =>
    parse(
      ...plainHeaders,
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...Array(count).fill('--b\r\n\r\nx'),
      '--b--',
    )
  t.match(await parts(900), { parseError: null })
  t.match(await parts(1_100), failed('mime_too_complex'))

  const nested = (depth: number) => {
    const open = Array.from({ length: depth - 1 }, (_, i) => [
      `Content-Type: multipart/mixed; boundary=b${i}`,
      '',
      `--b${i}`,
    ])
    return parse(...plainHeaders, ...open.flat(), '', 'deep')
  }
  t.match(await nested(100), { parseError: null, bodyText: 'deep' })
  t.match(await nested(101), failed('mime_too_complex'))

  const large = await parse('Content-Type: text/html', '', `<p>${'x '.repeat(600_000)}</p>`)
  t.equal(large.bodyHtml, null)
  t.match(large.bodyText, /^x x x/)
})

t.test('hostile mails are read in no time', async (t) => {
  const address = 200_000
  for (const [name, raw] of Object.entries({
    'open comments': bytes(`From: ${'('.repeat(address)}`, '', ''),
    'open groups': bytes(`To: ${'g:'.repeat(address / 2)}`, '', ''),
    'open quotes': bytes(`From: ${'"'.repeat(address)}`, '', ''),
    'many addresses': bytes(`To: ${'a@b.test,'.repeat(20_000)}`, '', ''),
    'encoded words': bytes(`Subject: ${'=?utf-8?q?a?= '.repeat(15_000)}`, '', ''),
    'half encoded words': bytes(`Subject: ${'=?utf-8?q?'.repeat(20_000)}`, '', ''),
    parameters: bytes(`Content-Type: text/plain; ${'a*0*=b; '.repeat(25_000)}`, '', ''),
    'many images': bytes('Content-Type: text/html', '', '<img src=cid:a>'.repeat(200_000)),
    'quote headers': bytes('', '', 'On a wrote '.repeat(50_000)),
    'quote starts': bytes('Subject: x', '', 'Op x\r\nschreef\r\n'.repeat(20_000)),
    'blank lines': bytes('Subject: x', '', 'x', ...Array(19_000).fill(''), 'x'),
    'bad weather': bytes('Subject: x', '', 'abc. x\r\n skrev x:\r\n'.repeat(1_000)),
    'long lines': bytes('Subject: x', '', 'Am x um y '.repeat(150).concat('\r\n').repeat(500)),
    'dollar signs': bytes('Subject: x', '', `On ${'$`'.repeat(5_000)} x wrote:\r\n> y`),
    'one line': bytes('Subject: x', '', 'x'.repeat(5_000_000)),
    'many lines': bytes('Subject: x', '', '\r\n'.repeat(1_000_000)),
    'boundaries in the body': bytes('Content-Type: multipart/mixed; boundary=b', '', '--b-\r\n'.repeat(300_000)),
  })) {
    const cost = startCost()
    const mail = await parseMail(raw)
    const milliseconds = cost()
    t.ok(milliseconds < 3_000, `${name}: ${Math.round(milliseconds)} ms, ${mail.parseError}`)
  }
})

t.test('whatever bytes come, a whole value comes out', async (t) => {
  const line = fc.oneof(
    // biome-ignore format: a list
    fc.constantFrom('From: a@b.test', 'Content-Type: multipart/mixed; boundary=b', 'Content-Type: multipart/alternative; boundary="b"', '--b',
      '--b--', '', '', 'Content-Type: text/html; charset=utf-16', 'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: quoted-printable',
      'Content-Type: message/rfc822', 'Content-Disposition: attachment; filename*0*=%', 'Subject: =?utf-8?b?7aCA?=', '<p>a<', '> quoted',
      'On x, y wrote:', '-- ', '\ttext', 'Content-ID: <', 'Content-Type: text/plain; format=flowed; charset="', 'References: <<>> <'),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
      const mail: InboundMail = await parse(...lines)
      const strings = JSON.stringify({ ...mail, contents: [] }).replaceAll('\\\\', '')
      return (
        Check(ParsedMail, mail) &&
        mail.contents.length === mail.attachments.length &&
        !/\\u0000|\\ud[89a-f]/i.test(strings)
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

for (const [headers, mailFrom, because, autorespond] of [
  [[], 'a@b.test', null, true],
  [[], undefined, null, true],
  [[], '', 'null_sender', false],
  [['return-path: <>'], undefined, 'null_sender', false],
  [['return-path: <a@b.test>'], undefined, null, true],
  [['auto-submitted: auto-replied'], 'a@b.test', 'auto_submitted', false],
  [['auto-submitted: auto-generated; x=y'], 'a@b.test', 'auto_submitted', false],
  [['auto-submitted: no'], 'a@b.test', null, true],
  [['auto-submitted: No (really)'], 'a@b.test', null, true],
  [['list-id: <x.y>'], 'a@b.test', 'list', false],
  [['list-post: x'], 'a@b.test', 'list', false],
  [['x-mailing-list: x'], 'a@b.test', 'list', false],
  [['precedence: bulk'], 'a@b.test', 'precedence', false],
  [['precedence: Junk'], 'a@b.test', 'precedence', false],
  [['precedence: list'], 'a@b.test', 'precedence', false],
  [['precedence: first-class'], 'a@b.test', null, true],
  [['x-auto-response-suppress: All'], 'a@b.test', null, false],
  [['x-auto-response-suppress: OOF, AutoReply'], 'a@b.test', null, false],
  [['x-auto-response-suppress: None'], 'a@b.test', null, true],
  [['content-type: multipart/report; report-type=x'], 'a@b.test', 'multipart_report', false],
  [['content-type: multipart/reporting'], 'a@b.test', null, true],
  [['x-autoreply: yes'], 'a@b.test', 'autoreply_header', false],
  [['x-autorespond: re'], 'a@b.test', 'autoreply_header', false],
  [['x-autoresponse: x'], 'a@b.test', 'autoreply_header', false],
  [['x-vacation-message: x'], 'a@b.test', 'autoreply_header', false],
  [['x-loop: desk'], 'a@b.test', 'autoreply_header', false],
  [['x-failed-recipients: a@b.test'], 'a@b.test', 'failed_recipients', false],
  [['feedback-type: abuse'], 'a@b.test', 'feedback_report', false],
  [['x-kontor-instance: ins_1'], 'a@b.test', 'own_mail', false],
  [['from: mailer-daemon@b.test'], 'a@b.test', 'robot_sender', false],
  [['from: no-reply@b.test'], 'a@b.test', 'robot_sender', false],
  [['from: DoNotReply@b.test'], 'a@b.test', 'robot_sender', false],
  [['from: replies@b.test'], 'a@b.test', null, true],
  [[], 'MAILER-DAEMON@b.test', 'robot_sender', false],
  [[], 'noreply@b.test', null, true],
] as const) {
  t.test(
    `${[...headers, `<${mailFrom}>`].join(' ')} is ${because ?? 'a person'}, ${autorespond ? '' : 'not '}answered`,
    async (t) => {
      const list = headers.map((line) => ({ name: line.split(': ')[0] ?? '', value: line.split(': ')[1] ?? '' }))
      const from = list.find(({ name }) => name === 'from')?.value ?? 'ada@good.test'
      const { kind: _, ...judged } = classify({ headers: list, from, mailFrom })
      t.same(judged, { autorespond, automaticBecause: because })
    },
  )
}

t.test('the reply is told from what it quotes', async (t) => {
  for (const [text, visibleText, quotedText] of [
    ['Thanks!\n\nOn Fri, 20 Nov 2026, Support wrote:\n> Did it help?', 'Thanks!', /Did it help/],
    ['Thanks!\n-- \nAda', 'Thanks!', /^-- \nAda$/],
    ['It costs $& and $1.\n\nOn Fri $` Support wrote:\n> a', 'It costs $& and $1.', /> a/],
    ['> only\n> quotes', '> only\n> quotes', null],
    ['', null, null],
    ['  \n', null, null],
    ['🙂 fine', '🙂 fine', null],
  ] as const) {
    const reply = splitQuotes(text)
    t.equal(reply.visibleText, visibleText, JSON.stringify(text))
    if (quotedText === null) t.equal(reply.quotedText, null)
    else t.match(reply.quotedText, quotedText)
  }
})

t.test('of a very long mail nothing is lost', async (t) => {
  const long = Array.from({ length: 3_000 }, (_, index) => `line ${index}`).join('\n')
  t.equal(splitQuotes(long).visibleText, long)
  const { visibleText, quotedText } = splitQuotes(
    `Yes.\n\nOn Fri, 20 Nov 2026, Support wrote:\n${long.replace(/^/gm, '> ')}`,
  )
  t.equal(visibleText, 'Yes.')
  t.match(quotedText, /line 2999$/)
})

const fresh = (...lines: string[]) => Uint8Array.from(bytes(...lines))
const slowMail = () => fresh('From: ada@good.test', 'Subject: slow', '', 'x\r\n'.repeat(7_000_000))

t.test('a body that stands as it is is the same when mailparser reads it', async (t) => {
  const types = [
    'text/plain',
    'text/plain; charset=iso-8859-1',
    'text/plain; format=flowed; delsp=yes',
    'text/html',
    '',
  ]
  const texts = fc.array(
    fc.constantFrom('', ' ', 'a b ', '> q', '-- ', 'ü', utf8('ü'), '--b', 'From x', '.', '\t', '\0', '<b>c</b>'),
  )
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom(...types), fc.constantFrom('\r\n', '\n'), async (lines, type, end) => {
      const read = (more: string) => {
        const head = `From: ada@good.test\r\n${type && `Content-Type: ${type}\r\n`}${more}\r\n`
        return parseMail(Buffer.from(head + lines.join(end), 'latin1'))
      }
      // with this header it goes the long way
      const [short, long] = await Promise.all([read(''), read('Content-Description: words\r\n')])
      t.same({ ...short, headers: [] }, { ...long, headers: [] }, JSON.stringify({ lines, type, end }))
    }),
    { numRuns: 500 },
  )
  const attached = await parse(
    'Content-Type: text/plain',
    'Content-Disposition: attachment; filename=a.txt',
    '',
    'a',
    '',
  )
  t.match(attached, { bodyText: null, attachments: [{ filename: 'a.txt', size: 3 }] })
  t.match(await parse('Content-Type: text/plain', 'Content-Transfer-Encoding: base64', '', base64('a')), {
    bodyText: 'a',
  })
  t.match(await parse('Content-Type: text/plain', 'Content-Type: text/html', '', '<b>a</b>'), { bodyText: /a/ })
})

t.test('mails are parsed in threads, in parallel and one after the other', async (t) => {
  const parser = createParser({ threads: 2 })
  t.teardown(parser.close)
  const raw = fresh(
    'Content-Type: application/pdf; name=a.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    base64('a'.repeat(100_000)),
  )
  const mails = await Promise.all([
    parser.parse({ bytes: raw }),
    ...Array.from({ length: 10 }, (_, index) => parser.parse({ bytes: fresh(`Subject: ${index}`, '', 'a') })),
  ])
  t.equal(raw.byteLength, 0, 'the bytes were handed over')
  t.equal(mails[0]?.attachments[0]?.size, 100_000)
  t.same(
    mails.slice(1).map(({ subject }) => subject),
    Array.from({ length: 10 }, (_, index) => `${index}`),
  )
})

t.test('a mail that takes too long is given up, and the next one is read', async (t) => {
  const parser = createParser({ wallClockSeconds: 0.25 })
  t.teardown(parser.close)
  const [slow, next] = await Promise.all([
    parser.parse({ bytes: slowMail() }),
    parser.parse({ bytes: fresh('Subject: next', '', 'a') }),
  ])
  t.match(slow, {
    parseError: 'parse_time_exceeded',
    subject: 'slow',
    from: { address: 'ada@good.test' },
    contents: [],
  })
  t.match(next, { parseError: null, subject: 'next', bodyText: 'a' })
})

t.test('small mails that are too much together are read one by one, each as itself', async (t) => {
  const parser = createParser({ wallClockSeconds: 0.01 })
  t.teardown(parser.close)
  const subjects = ['alone', 'first', 'second', 'third']
  const lines = 'On Monday somebody wrote.\r\n'.repeat(2_000)
  const mails = await Promise.all(
    subjects.map((subject) => parser.parse({ bytes: fresh(`Subject: ${subject}`, '', lines) })),
  )
  t.same(
    mails.map(({ subject }) => subject),
    subjects,
    'read or given up',
  )
})

// what grows little by little ends the thread; a single large request beyond its heap would end the process
t.test('a mail that takes too much memory is given up, and the next one is read', async (t) => {
  const parser = createParser({ heapMegabytes: 80 })
  t.teardown(parser.close)
  const part = `--b\r\n${'X-A: a header that nobody asked for\r\n'.repeat(3_600)}\r\na\r\n`
  const lines = fresh('Subject: huge', 'Content-Type: multipart/mixed; boundary=b', '', part.repeat(190), '--b--')
  const [huge, next] = await Promise.all([
    parser.parse({ bytes: lines }),
    parser.parse({ bytes: fresh('Subject: next', '', 'a') }),
  ])
  t.match(huge, { parseError: 'parse_memory_exceeded', subject: 'huge' })
  t.match(next, { parseError: null, bodyText: 'a' })
})

t.test('a closed parser parses nothing more, and lets go of what it had', async (t) => {
  const parser = createParser()
  const running = parser.parse({ bytes: slowMail() })
  const queued = parser.parse({ bytes: fresh('Subject: next', '', 'a') })
  await Promise.all([t.rejects(running), t.rejects(queued), parser.close()])
  await t.rejects(parser.parse({ bytes: fresh('Subject: late', '', 'a') }))
})
