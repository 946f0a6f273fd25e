import t from 'tap'
import { isHard } from '../src/mail/in/bounces.ts'
import { classify } from '../src/mail/in/classify.ts'
import { parseMail } from '../src/mail/in/parse.ts'
import { startCost } from './support/cost.ts'

const parse = (...lines: string[]) => parseMail(Buffer.from(lines.join('\r\n')))
const report = (
  type: string,
  parts: string[][],
  headers: string[] = ['From: mailer-daemon@mx.test', 'Subject: Report'],
) =>
  parse(
    ...headers,
    `Content-Type: multipart/report; report-type=${type}; boundary=b`,
    '',
    ...parts.flatMap((part) => ['--b', ...part]),
    '--b--',
    '',
  )
const said = ['Content-Type: text/plain', '', 'Something happened.']
const original = [
  'Content-Type: message/rfc822',
  '',
  'From: support@desk.test',
  'Message-ID: <answer.2@desk.test>',
  'In-Reply-To: <question.1@good.test>',
  'References: <start.0@good.test> <question.1@good.test>',
  'Subject: Re: Fire',
  '',
  'Have you tried water?',
]
const status = (...fields: string[]) => [
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.test',
  '',
  'Final-Recipient: rfc822; Ada@good.test',
  ...fields,
]

for (const [fields, expected] of [
  [['Action: failed', 'Status: 5.1.1'], { status: '5.1.1', hard: true }],
  [
    ['Action: failed', 'Status: 5.1.10', 'Diagnostic-Code: smtp; 550 5.1.10 RecipientNotFound'],
    { status: '5.1.10', hard: true },
  ],
  [['Action: failed', 'Status: 5.1.2'], { status: '5.1.2', hard: true }],
  [
    ['Action: failed', 'Status: 5.4.4', 'Diagnostic-Code: X-Postfix; Host or domain name not found'],
    { status: '5.4.4', hard: true },
  ],
  [
    ['Action: failed', 'Status: 5.0.0', 'Diagnostic-Code: smtp; 550 5.1.1 User unknown'],
    { status: '5.1.1', hard: true },
  ],
  [
    ['Action: failed', 'Status: 5.0.0', 'Diagnostic-Code: smtp; 550 No such user', ' here'],
    { status: '5.0.0', hard: true },
  ],
  [
    ['Action: failed', 'Status: 5.2.2', 'Diagnostic-Code: smtp; 552 5.2.2 Mailbox full'],
    { status: '5.2.2', hard: false },
  ],
  [
    ['Action: failed', 'Status: 5.7.1', 'Diagnostic-Code: smtp; 550 5.7.1 blocked by policy'],
    { status: '5.7.1', hard: false },
  ],
  [['Action: failed', 'Status: 5.2.3', 'Diagnostic-Code: smtp; message too large'], { status: '5.2.3', hard: false }],
  [
    ['Action: failed', 'Status: 5.0.0', 'Diagnostic-Code: smtp; 552 Too many recipients'],
    { status: '5.0.0', hard: false },
  ],
  [['Action: failed', 'Status: 4.4.7', 'Diagnostic-Code: smtp; expired'], { status: '4.4.7', hard: false }],
  [['Action: failed', 'Status: 4.2.2 (mailbox: mailbox full)'], { status: '4.2.2', hard: false }],
  [['Action: delayed', 'Status: 4.4.1'], { status: '4.4.1', hard: false }],
  [['Action: delayed', 'Status: 5.1.1'], { status: '5.1.1', hard: false }],
] as const) {
  t.test(`a delivery status of ${fields.join(', ')} is ${expected.hard ? 'hard' : 'soft'}`, async (t) => {
    const mail = await report('delivery-status', [said, status(...fields), original])
    t.match(mail, { kind: 'bounce', autorespond: false, forward: null })
    t.same(mail.bounce, { ...expected, recipient: 'ada@good.test' })
    t.same(mail.reportedIds, ['answer.2@desk.test', 'question.1@good.test', 'start.0@good.test'])
  })
}

t.test('of several recipients the one that failed for good counts', async (t) => {
  const mail = await report('delivery-status', [
    said,
    [
      ...status('Action: delayed', 'Status: 4.2.2'),
      '',
      'Original-Recipient: rfc822;bob@far.test',
      'Action: failed',
      'Status: 5.1.1',
    ],
  ])
  t.same(mail.bounce, { status: '5.1.1', hard: true, recipient: 'bob@far.test' })
})

t.test('where the status says little, the words say why', async (t) => {
  const words = [
    'Content-Type: text/plain',
    '',
    'Not delivered:',
    '',
    'eve@far.test: 552 5.2.2 Mailbox full',
    'ada@good.test: 550 5.1.1 <ada@good.test>: User unknown',
  ]
  const mail = await report('delivery-status', [words, status('Action: failed', 'Status: 5.0.0')])
  t.same(mail.bounce, { status: '5.1.1', hard: true, recipient: 'ada@good.test' })
})

t.test('a report that a mail was delivered or read is a receipt', async (t) => {
  const delivered = await report('delivery-status', [said, status('Action: delivered', 'Status: 2.0.0'), original])
  t.match(delivered, { kind: 'receipt', bounce: null, autorespond: false })
  const read = await report(
    'disposition-notification',
    [
      said,
      [
        'Content-Type: message/disposition-notification',
        '',
        'Final-Recipient: rfc822;ada@good.test',
        'Original-Message-ID: <answer.2@desk.test>',
        'Disposition: manual-action/MDN-sent-manually; displayed',
      ],
    ],
    ['From: ada@good.test', 'Subject: Read: Re: Fire'],
  )
  t.match(read, { kind: 'receipt', bounce: null, autorespond: false, reportedIds: ['answer.2@desk.test'] })
})

t.test('a complaint is feedback about the mail in it', async (t) => {
  const mail = await report(
    'feedback-report',
    [
      said,
      ['Content-Type: message/feedback-report', '', 'Feedback-Type: abuse', 'User-Agent: x/1', 'Version: 1'],
      original,
    ],
    ['From: fbl@provider.test', 'Subject: complaint'],
  )
  t.match(mail, { kind: 'feedback', bounce: null, autorespond: false })
  t.equal(mail.reportedIds[0], 'answer.2@desk.test')
})

t.test('a delivery status that a person hands on is no bounce', async (t) => {
  const mail = await parse(
    'From: ada@good.test',
    'Subject: What does this mean?',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'I got this.',
    '--b',
    ...status('Action: failed', 'Status: 5.1.1'),
    '--b--',
    '',
  )
  t.match(mail, { kind: 'ordinary', bounce: null, autorespond: true, reportedIds: [] })
})

const copy = '\n\nMessage-ID: <answer.2@desk.test>\nSubject: Re: Fire\n'

/** What servers write that know no delivery status: the sender, the subject, the words. */
const SPOKEN: Record<
  string,
  [from: string, subject: string, text: string, bounce: { status: string | null; hard: boolean }]
> = {
  qmail: [
    'MAILER-DAEMON@mx.test',
    'failure notice',
    `Hi. This is the qmail-send program at mx.test.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\n<ada@good.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.${copy}`,
    { status: '5.1.1', hard: true },
  ],
  Exim: [
    'Mail Delivery System <Mailer-Daemon@mx.test>',
    'Mail delivery failed: returning message to sender',
    `A message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  ada@good.test\n    Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------${copy}`,
    { status: '5.0.0', hard: true },
  ],
  'Exim, full': [
    'Mail Delivery System <Mailer-Daemon@mx.test>',
    'Mail delivery failed: returning message to sender',
    `The following address(es) failed:\n\n  ada@good.test\n    host mx.good.test [192.0.2.1]: 552 5.2.2 mailbox is full${copy}`,
    { status: '5.2.2', hard: false },
  ],
  'Exim, delayed': [
    'Mail Delivery System <Mailer-Daemon@mx.test>',
    'Warning: message 1abc-2 delayed 24 hours',
    `The message has not yet been delivered to the following addresses:\n\n  ada@good.test\n\nNo action is required on your part. Delivery attempts will continue for some time.${copy}`,
    { status: '4.0.0', hard: false },
  ],
  sendmail: [
    'Mail Delivery Subsystem <MAILER-DAEMON@mx.test>',
    'Returned mail: User unknown',
    `   ----- The following addresses had permanent fatal errors -----\n<ada@good.test>\n\n   ----- Transcript of session follows -----\n>>> RCPT To:<ada@good.test>\n<<< 550 <ada@good.test>... User unknown\n\n   ----- Original message follows -----${copy}`,
    { status: '5.0.0', hard: true },
  ],
  Postfix: [
    'MAILER-DAEMON@mx.test (Mail Delivery System)',
    'Undelivered Mail Returned to Sender',
    `<ada@good.test>: Host or domain name not found. Name service error for name=good.test type=A: Host not found${copy}`,
    { status: '5.0.0', hard: true },
  ],
  Gmail: [
    'Mail Delivery Subsystem <mailer-daemon@googlemail.test>',
    'Delivery Status Notification (Failure)',
    `Delivery to the following recipient failed permanently:\n\n     ada@good.test\n\nThe error that the other server returned was:\n550 5.1.1 <ada@good.test>: Recipient address rejected: User unknown\n\n----- Original message -----${copy}`,
    { status: '5.1.1', hard: true },
  ],
  Yahoo: [
    'MAILER-DAEMON@yahoo.test',
    'Failure Notice',
    `Sorry, we were unable to deliver your message to the following address.\n\n<ada@good.test>:\nRemote host said: 554 delivery error: This user doesn't have an account (ada@good.test)\n\n--- Below this line is a copy of the message.${copy}`,
    { status: '5.0.0', hard: true },
  ],
  Exchange: [
    'System Administrator <postmaster@good.test>',
    'Undeliverable: Fire',
    `did not reach the following recipient(s):\n\nada@good.test on Fri, 20 Nov 2026 10:00:00 +0100\n    The recipient name is not recognized${copy}`,
    { status: '5.0.0', hard: true },
  ],
  'Exchange, German': [
    'postmaster@good.test',
    'Unzustellbar: Feuer',
    `Fehler bei der Nachrichtenzustellung an folgende Empfänger:\n\nada@good.test\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##${copy}`,
    { status: '5.1.1', hard: true },
  ],
  Domino: [
    'Postmaster@good.test',
    'DELIVERY FAILURE: User ada not listed in Domino Directory',
    `was not delivered to:\n\n  ada@good.test\n\nbecause:\n\n  User ada (ada@good.test) not listed in Domino Directory${copy}`,
    { status: '5.0.0', hard: true },
  ],
  'a filter': [
    'MAILER-DAEMON@mx.test',
    'Undelivered Mail Returned to Sender',
    `<ada@good.test>: host mx.good.test said: 554 5.7.1 Message rejected as spam by policy${copy}`,
    { status: '5.7.1', hard: false },
  ],
}

for (const [server, [from, subject, text, bounce]] of Object.entries(SPOKEN)) {
  t.test(`a plain bounce by ${server} is read`, async (t) => {
    for (const path of [['Return-Path: <>'], []]) {
      const mail = await parse(...path, `From: ${from}`, `Subject: ${subject}`, '', text)
      t.match(mail, { kind: 'bounce', autorespond: false })
      t.same(mail.bounce, { ...bounce, recipient: 'ada@good.test' })
      t.same(mail.reportedIds, ['answer.2@desk.test'])
    }
  })
}

t.test('X-Failed-Recipients names who failed', async (t) => {
  const mail = await parse(
    'From: mail@mx.test',
    'Subject: Oh',
    'X-Failed-Recipients: ada@good.test',
    '',
    'No such user.',
  )
  t.match(mail, { kind: 'bounce', bounce: { hard: true, recipient: 'ada@good.test' } })
})

for (const [name, headers, text] of [
  [
    'a shop',
    ['Return-Path: <shop@far.test>', 'From: shop@far.test', 'Subject: Your parcel could not be delivered'],
    'We rang twice.',
  ],
  [
    'a shop from the null sender',
    ['Return-Path: <>', 'From: shop@far.test', 'Subject: Your parcel could not be delivered'],
    'We rang twice.',
  ],
  [
    'a person',
    ['From: ada@good.test', 'Subject: Undelivered Mail Returned to Sender'],
    '<bob@far.test>: 550 5.1.1 User unknown. What is this?',
  ],
] as const) {
  t.test(`${name} that speaks of deliveries is no bounce`, async (t) =>
    t.not((await parse(...headers, '', text)).kind, 'bounce'),
  )
}

const kindOf = (headers: string[], evidence: Partial<Parameters<typeof classify>[0]> = {}) =>
  classify({
    headers: headers.map((line) => ({ name: line.split(': ')[0] ?? '', value: line.split(': ')[1] ?? '' })),
    from: 'ada@good.test',
    mailFrom: 'ada@good.test',
    ...evidence,
  })

for (const [headers, kind] of [
  [[], 'ordinary'],
  [['x-auto-response-suppress: All'], 'ordinary'],
  [['auto-submitted: auto-replied'], 'auto_reply'],
  [['auto-submitted: auto-replied (vacation)'], 'auto_reply'],
  [['auto-submitted: auto-generated'], 'auto_generated'],
  [['auto-submitted: no'], 'ordinary'],
  [['x-autoreply: yes'], 'auto_reply'],
  [['x-autoreply: no'], 'ordinary'],
  [['x-autorespond: Re'], 'auto_reply'],
  [['x-autoresponse: 1'], 'auto_reply'],
  [['x-auto-reply-from: a@b.test'], 'auto_reply'],
  [['x-mail-autoreply: x'], 'auto_reply'],
  [['x-autogenerated: Reply'], 'auto_reply'],
  [['x-autogenerated: Forward'], 'auto_generated'],
  [['x-vacation: yes'], 'auto_reply'],
  [['x-apple-action: vacation'], 'auto_reply'],
  [['precedence: auto_reply'], 'auto_reply'],
  [['precedence: list'], 'list'],
  [['list-id: <a.b>'], 'list'],
  [['precedence: bulk'], 'auto_generated'],
  [['x-loop: a'], 'auto_generated'],
  [['x-kontor-instance: a', 'auto-submitted: auto-replied'], 'auto_generated'],
  [['feedback-type: abuse'], 'feedback'],
  [['x-failed-recipients: a@b.test'], 'bounce'],
  [['content-type: multipart/report; report-type=delivery-status', 'auto-submitted: auto-replied'], 'bounce'],
  [['content-type: multipart/report; report-type="disposition-notification"'], 'receipt'],
  [['content-type: multipart/report; report-type=feedback-report'], 'feedback'],
  [['content-type: multipart/report; report-type=tlsrpt'], 'auto_generated'],
] as const) {
  t.test(`${headers.join(' with ') || 'no header'} makes a mail ${kind}`, async (t) =>
    t.equal(kindOf([...headers]).kind, kind),
  )
}

// biome-ignore format: a list
for (const subject of ['Automatic reply: Fire', 'Auto: Fire', 'AutoReply: Fire', 'Out of Office: Fire', 'Out of Office AutoReply: Fire', 'Ada Lovelace is out of the office (returning 1 December)', 'I am on vacation', 'Fire (automatic reply)',
  'Automatische Antwort: Feuer', 'Abwesenheitsnotiz: Feuer', 'Abwesend: Feuer', 'Réponse automatique : Feu', "Message d'absence", 'Respuesta automática: Fuego', 'Fuera de la oficina', 'Resposta automática: Fogo', 'Risposta automatica: Fuoco',
  'Fuori sede', 'Automatisch antwoord: Vuur', 'Afwezig', 'Automatiskt svar: Eld', 'Autosvar: Ild', 'Automatisk svar: Ild', 'Automaattinen vastaus: Tuli', 'Odpowiedź automatyczna: Ogień', 'Automatická odpověď: Oheň', 'Автоответ: Огонь',
  'Автоматический ответ: Огонь', 'Otomatik Yanıt: Ateş', 'Automatikus válasz: Tűz', 'Răspuns automat: Foc', 'Αυτόματη απάντηση: Φωτιά', '自动回复: 火', '自動回覆: 火', '自動返信: 火', '자동 회신: 불', 'رد تلقائي: نار', 'תשובה אוטומטית: אש']) {
  t.test(`"${subject}" is an automatic answer where it answers something, or comes from nobody`, async (t) => {
    t.match(kindOf([], { subject, inReplyTo: 'a@desk.test' }), { kind: 'auto_reply', autorespond: false, automaticBecause: 'auto_reply_subject' })
    t.match(kindOf([], { subject, mailFrom: '' }), { kind: 'auto_reply', autorespond: false })
    t.match(kindOf(['auto-submitted: auto-generated'], { subject }), { kind: 'auto_reply', autorespond: false })
    t.match(kindOf(['x-auto-response-suppress: All'], { subject }), { kind: 'auto_reply', autorespond: false })
    t.match(kindOf([], { subject }), { kind: 'ordinary', autorespond: true }, 'else a person may write so')
  })
}

// biome-ignore format: a list
for (const subject of ['Re: Fire', 'The automatic reply is broken', 'Re: your automatic door', 'Question about autoresponders', 'Auto repair', 'Autos', 'Vacation rental', 'Absence of paper', 'Re: Automatic reply: Fire', 'AW: Automatische Antwort: Feuer', 'Re: Ada is out of the office', 'Semester fees', 'Office chairs']) {
  t.test(`an answer under "${subject}" is a person's`, async (t) =>
    t.match(kindOf([], { subject, inReplyTo: 'a@desk.test' }), { kind: 'ordinary', autorespond: true }))
}

t.test('what the parts said holds with the real envelope, too', async (t) => {
  for (const kind of ['bounce', 'feedback', 'receipt'] as const) {
    t.match(kindOf([], { kind }), { kind, autorespond: false })
  }
  t.match(
    kindOf([], { kind: 'auto_reply' }),
    { kind: 'ordinary', autorespond: true },
    'Return-Path in the mail proves nothing',
  )
  t.match(kindOf([], { from: 'postmaster@good.test', mailFrom: '' }), { kind: 'bounce', autorespond: false })
})

for (const [code, text, hard] of [
  [null, 'user unknown', true],
  [null, 'something else', false],
  ['5.0.0', 'The email account that you tried to reach does not exist', true],
  ['5.7.1', 'Recipient address rejected: User unknown; policy', true],
  ['5.7.1', 'sender address rejected: not found by policy', false],
  ['5.1.8', 'sender address does not exist', false],
  ['5.2.1', 'mailbox disabled, try again later', false],
  ['4.1.1', 'user unknown', false],
  ['5.1.1', 'mailbox is full', false],
] as const) {
  t.test(`${code} "${text}" is ${hard ? 'for good' : 'not for good'}`, async (t) => t.equal(isHard(code, text), hard))
}

t.test('hostile reports cost less than a second', async (t) => {
  // biome-ignore format: a list
  for (const piece of ['\r\n', 'Status: 5', 'Action: failed\r\n\r\n', '5.1.1 ', '<a@b.test>:\r\n', 'user ', 'Message-ID: <', 'Message-ID: <a>\r\n', 'mailbox ', 'not ', ' a\r\n', 'recipient address ', '550 ', 'domain x ', 'exceed ']) {
    const text = piece.repeat(Math.ceil(1_048_576 / piece.length))
    const cost = startCost()
    await report('delivery-status', [['Content-Type: text/plain', '', text], ['Content-Type: message/delivery-status', '', text]])
    await parse('Return-Path: <>', 'From: mailer-daemon@mx.test', 'Subject: failure notice', '', text)
    const spent = cost()
    t.ok(spent < 3_000, `${JSON.stringify(piece)}: ${Math.round(spent)} ms`)
  }
})
