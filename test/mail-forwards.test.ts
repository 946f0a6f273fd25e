import t from 'tap'
import { readForward } from '../src/mail/in/forwards.ts'
import { parseMail } from '../src/mail/in/parse.ts'
import { startCost } from './support/cost.ts'

const NOTE = 'Can you help her?\n\nBob'
const ORIGINAL = 'The printer is on fire.\n\nAda'
const quoted = ORIGINAL.replace(/^/gm, '> ')

/** The line above, and the labels of from, subject, date and to, as Apple Mail, Gmail, Thunderbird, Outlook and HubSpot write them. */
const CLIENTS = {
  'Gmail, English': ['---------- Forwarded message ---------', 'From', 'Subject', 'Date', 'To'],
  'Gmail, German': ['---------- Forwarded message ---------', 'Von', 'Subject', 'Date', 'To'],
  'Gmail, French': ['---------- Forwarded message ---------', 'De', 'Subject', 'Date', 'To'],
  'Gmail, Polish': ['---------- Forwarded message ---------', 'Od', 'Subject', 'Date', 'To'],
  'Gmail, Russian': ['---------- Forwarded message ---------', 'От', 'Subject', 'Date', 'To'],
  'Gmail, Ukrainian': ['---------- Forwarded message ---------', 'Від', 'Subject', 'Date', 'To'],
  'Gmail, Hungarian': ['---------- Forwarded message ---------', 'Feladó', 'Subject', 'Date', 'To'],
  'Gmail, Estonian': ['---------- Forwarded message ---------', 'Saatja', 'Subject', 'Date', 'To'],
  'Gmail, Croatian': ['---------- Forwarded message ---------', 'Šalje', 'Subject', 'Date', 'To'],
  'Apple Mail, English': ['Begin forwarded message:', 'From', 'Subject', 'Date', 'To'],
  'Apple Mail, German': ['Anfang der weitergeleiteten Nachricht:', 'Von', 'Betreff', 'Datum', 'An'],
  'Apple Mail, French': ['Début du message réexpédié :', 'De', 'Objet', 'Date', 'À'],
  'Apple Mail, French, older': ['Début du message transféré :', 'De', 'Objet', 'Date', 'À'],
  'Apple Mail, Spanish': ['Inicio del mensaje reenviado:', 'De', 'Asunto', 'Fecha', 'Para'],
  'Apple Mail, Italian': ['Inizio messaggio inoltrato:', 'Da', 'Oggetto', 'Data', 'A'],
  'Apple Mail, Portuguese': ['Início da mensagem reencaminhada:', 'De', 'Assunto', 'Data', 'Para'],
  'Apple Mail, Brazilian': ['Início da mensagem encaminhada:', 'De', 'Assunto', 'Data', 'Para'],
  'Apple Mail, Dutch': ['Begin doorgestuurd bericht:', 'Van', 'Onderwerp', 'Datum', 'Aan'],
  'Apple Mail, Swedish': ['Vidarebefordrat brev:', 'Från', 'Ämne', 'Datum', 'Till'],
  'Apple Mail, Danish': ['Start på videresendt besked:', 'Fra', 'Emne', 'Dato', 'Til'],
  'Apple Mail, Norwegian': ['Videresendt melding:', 'Fra', 'Emne', 'Dato', 'Til'],
  'Apple Mail, Finnish': ['Välitetty viesti alkaa:', 'Lähettäjä', 'Aihe', 'Päivämäärä', 'Vastaanottaja'],
  'Apple Mail, Polish': ['Początek przekazywanej wiadomości:', 'Od', 'Temat', 'Data', 'Do'],
  'Apple Mail, Czech': ['Začátek přeposílané zprávy:', 'Od', 'Předmět', 'Datum', 'Komu'],
  'Apple Mail, Slovak': ['Začiatok preposlanej správy:', 'Od', 'Predmet', 'Dátum', 'Komu'],
  'Apple Mail, Hungarian': ['A továbbított levél kezdete:', 'Feladó', 'Tárgy', 'Dátum', 'Címzett'],
  'Apple Mail, Romanian': ['Începe mesajul redirecționat:', 'De la', 'Subiect', 'Dată', 'Către'],
  'Apple Mail, Croatian': ['Započni proslijeđenu poruku:', 'Šalje', 'Predmet', 'Datum', 'Prima'],
  'Apple Mail, Greek': ['Έναρξη προωθημένου μηνύματος:', 'Από', 'Θέμα', 'Ημερομηνία', 'Προς'],
  'Apple Mail, Russian': ['Начало переадресованного сообщения:', 'От', 'Тема', 'Дата', 'Кому'],
  'Apple Mail, Ukrainian': ['Початок листа, що пересилається:', 'Від', 'Тема', 'Дата', 'Кому'],
  'Apple Mail, Turkish': ['İleti başlangıcı:', 'Kimden', 'Konu', 'Tarih', 'Kime'],
  'Apple Mail, Chinese': ['下面是被转发的邮件：', '发件人', '主题', '日期', '收件人'],
  'Apple Mail, Taiwan': ['開始轉寄郵件：', '寄件人', '主旨', '日期', '收件人'],
  'Apple Mail, Japanese': ['転送されたメッセージ：', '差出人', '件名', '日付', '宛先'],
  'Apple Mail, Korean': ['전달된 메시지:', '보낸 사람', '제목', '날짜', '받는 사람'],
  'Apple Mail, Arabic': ['بداية الرسالة المعاد توجيهها:', 'من', 'الموضوع', 'التاريخ', 'إلى'],
  'Apple Mail, Hebrew': ['תחילת ההודעה שהועברה:', 'מאת', 'נושא', 'תאריך', 'אל'],
  'Thunderbird, English': ['-------- Forwarded Message --------', 'From', 'Subject', 'Date', 'To'],
  'Thunderbird, German': ['-------- Weitergeleitete Nachricht --------', 'Von', 'Betreff', 'Datum', 'An'],
  'Thunderbird, French': ['-------- Message transféré --------', 'De', 'Sujet', 'Date', 'Pour'],
  'Thunderbird, Spanish': ['-------- Mensaje reenviado --------', 'De', 'Asunto', 'Fecha', 'Para'],
  'Thunderbird, Italian': ['-------- Messaggio inoltrato --------', 'Mittente', 'Oggetto', 'Data', 'A'],
  'Thunderbird, Portuguese': ['-------- Mensagem reencaminhada --------', 'De', 'Assunto', 'Data', 'Para'],
  'Thunderbird, Brazilian': ['-------- Mensagem encaminhada --------', 'De', 'Assunto', 'Data', 'Para'],
  'Thunderbird, Dutch': ['-------- Doorgestuurd bericht --------', 'Van', 'Onderwerp', 'Datum', 'Aan'],
  'Thunderbird, Swedish': ['-------- Vidarebefordrat meddelande --------', 'Från', 'Ämne', 'Datum', 'Till'],
  'Thunderbird, Danish': ['-------- Videresendt meddelelse --------', 'Fra', 'Emne', 'Dato', 'Til'],
  'Thunderbird, Norwegian': ['-------- Videresendt melding --------', 'Fra', 'Emne', 'Dato', 'Til'],
  'Thunderbird, Finnish': [
    '-------- Edelleenlähetetty viesti --------',
    'Lähettäjä',
    'Aihe',
    'Päiväys',
    'Vastaanottaja',
  ],
  'Thunderbird, Polish': ['-------- Przekazana wiadomość --------', 'Od', 'Temat', 'Data', 'Do'],
  'Thunderbird, Czech': ['-------- Přeposlaná zpráva --------', 'Od', 'Předmět', 'Datum', 'Komu'],
  'Thunderbird, Slovak': ['-------- Preposlaná správa --------', 'Od', 'Predmet', 'Dátum', 'Komu'],
  'Thunderbird, Russian': ['-------- Перенаправленное сообщение --------', 'От', 'Тема', 'Дата', 'Кому'],
  'Thunderbird, Ukrainian': ['-------- Переслане повідомлення --------', 'Від', 'Тема', 'Дата', 'Кому'],
  'Thunderbird, Turkish': ['-------- İletilmiş Mesaj --------', 'Kimden', 'Konu', 'Tarih', 'Kime'],
  'Thunderbird, Hungarian': ['-------- Továbbított üzenet --------', 'Feladó', 'Tárgy', 'Dátum', 'Címzett'],
  'Thunderbird, Romanian': ['-------- Mesaj înaintat --------', 'De la', 'Subiect', 'Data', 'Către'],
  'Thunderbird, Greek': ['-------- Προωθημένο μήνυμα --------', 'Από', 'Θέμα', 'Ημερομηνία', 'Προς'],
  'Thunderbird, Croatian': ['-------- Proslijeđena poruka --------', 'Šalje', 'Predmet', 'Datum', 'Prima'],
  'Thunderbird, Slovenian': ['-------- Posredovano sporočilo --------', 'Od', 'Zadeva', 'Datum', 'Za'],
  'Thunderbird, Chinese': ['-------- 转发的消息 --------', '发件人', '主题', '日期', '收件人'],
  'Thunderbird, Japanese': ['-------- 転送メッセージ --------', '差出人', '件名', '日付', '宛先'],
  'Thunderbird, Korean': ['-------- 전달된 메시지 --------', '보낸사람', '제목', '날짜', '받는사람'],
  'Yahoo, English': ['----- Forwarded Message -----', 'From', 'Subject', 'Sent', 'To'],
  'Yahoo, German': ['----- Weitergeleitete Nachricht -----', 'Von', 'Betreff', 'Gesendet', 'An'],
  'Yahoo, French': ['----- Message transmis -----', 'De', 'Objet', 'Envoyé', 'À'],
  'Yahoo, Spanish': ['----- Mensaje reenviado -----', 'De', 'Asunto', 'Enviado', 'Para'],
  'Yahoo, Italian': ['----- Messaggio inoltrato -----', 'Da', 'Oggetto', 'Inviato', 'A'],
  'Yahoo, Dutch': ['----- Doorgestuurd bericht -----', 'Van', 'Onderwerp', 'Verzonden', 'Aan'],
  'Yahoo, Polish': ['----- Przekazana wiadomość -----', 'Od', 'Temat', 'Wysłano', 'Do'],
  'Yahoo, Swedish': ['----- Vidarebefordrat meddelande -----', 'Från', 'Ämne', 'Skickat', 'Till'],
  'Yahoo, Japanese': ['----- 転送済みメッセージ -----', '差出人', '件名', '送信日時', '宛先'],
  'HubSpot, German': ['---------- Weitergeleitete Nachricht ---------', 'Von', 'Betreff', 'Datum', 'An'],
  'HubSpot, Dutch': ['---------- Doorgestuurd bericht ---------', 'Van', 'Onderwerp', 'Datum', 'Aan'],
  'HubSpot, Swedish': ['---------- Vidarebefordrat meddelande ---------', 'Från', 'Ämne', 'Datum', 'Till'],
  'HubSpot, Portuguese': ['---------- Mensagem encaminhada ---------', 'De', 'Assunto', 'Data', 'Para'],
  ProtonMail: ['------- Forwarded Message -------', 'From', 'Subject', 'Date', 'To'],
  'mail.ru': ['-------- Пересылаемое сообщение --------', 'От кого', 'Тема', 'Дата', 'Кому'],
  Yandex: ['-------- Пересылаемое сообщение --------', 'От', 'Тема', 'Дата', 'Кому'],
  QQ: ['------------------ 转发邮件 ------------------', '发件人', '主题', '发送时间', '收件人'],
  NetEase: ['-------- 转发邮件信息 --------', '发件人', '主题', '发送日期', '收件人'],
  MailMate: ['Forwarded message:', 'From', 'Subject', 'Date', 'To'],
  Zimbra: ['----- Forwarded Message -----', 'From', 'Subject', 'Sent', 'To'],
  Zoho: ['============ Forwarded message ============', 'From', 'Subject', 'Date', 'To'],
  Fastmail: ['----- Original message -----', 'From', 'Subject', 'Date', 'To'],
  IONOS: ['---------- Ursprüngliche Nachricht ----------', 'Von', 'Betreff', 'Datum', 'An'],
} as const

const SENDERS: [written: string, name: string | null][] = [
  ['Ada Lovelace <ada@good.test>', 'Ada Lovelace'],
  ['"Lovelace, Ada" <ada@good.test>', 'Lovelace, Ada'],
  ["'Ada Lovelace' <ada@good.test>", 'Ada Lovelace'],
  ['Ada Lovelace [mailto:ada@good.test]', 'Ada Lovelace'],
  ['Ada Lovelace [ada@good.test]', 'Ada Lovelace'],
  ['Ada Lovelace <ada@good.test<mailto:ada@good.test>>', 'Ada Lovelace'],
  ['Ada Lovelace (ada@good.test)', 'Ada Lovelace'],
  ['ada@good.test (Ada Lovelace)', 'Ada Lovelace'],
  ['Ada Lovelace via List <ada@good.test>', 'Ada Lovelace via List'],
  ['ada@good.test', null],
  ['<ada@good.test>', null],
  ['ada@good.test <ada@good.test>', null],
  ['*Ada Lovelace* <ada@good.test>', 'Ada Lovelace'],
]

for (const [client, [marker, from, subject, date, to]] of Object.entries(CLIENTS)) {
  t.test(`a forward by ${client} is read`, async (t) => {
    const headers = (colon: string) => [
      `${from}${colon} Ada Lovelace <ada@good.test>`,
      `${subject}${colon} Fire`,
      `${date}${colon} 20.11.2026 10:00`,
      `${to}${colon} Bob <bob@far.test>, support@desk.test`,
    ]
    const [a, b, c, d] = headers(':')
    for (const [how, text] of Object.entries({
      plain: [marker, ...headers(':'), '', ORIGINAL].join('\n'),
      'other order': [marker, '', a, c, b, d, '', '', ORIGINAL].join('\n'),
      tabs: [marker, ...headers(':\t'), '', '', ORIGINAL].join('\n'),
      wide: [marker, ...headers('：'), '', ORIGINAL].join('\n'),
      bold: [marker, ...headers(':*').map((line) => `*${line}`), '', ORIGINAL].join('\n'),
      quoted: [marker, '', ...headers(':'), '', ORIGINAL].join('\n').replace(/^/gm, '> '),
      'quoted below': [marker, '', ...[...headers(':'), '', ORIGINAL].join('\n').replace(/^/gm, '> ').split('\n')].join(
        '\n',
      ),
      'only the text quoted': [marker, ...headers(':'), '', quoted].join('\n'),
    })) {
      const expected = { from: { address: 'ada@good.test', name: 'Ada Lovelace' }, subject: 'Fire', body: ORIGINAL }
      t.same(readForward(text, 'Fwd: Fire'), { ...expected, message: null }, how)
      t.same(readForward(`${NOTE}\n\n${text}\n`, 'Fwd: Fire'), { ...expected, message: NOTE }, `${how}, with a note`)
    }
  })
}

t.test('senders are written in many ways', async (t) => {
  for (const [written, name] of SENDERS) {
    const text = `---------- Forwarded message ---------\nFrom: ${written}\nDate: Fri, Nov 20, 2026 at 10:00 AM\nSubject: Fire\nTo: <bob@far.test>\n\n${ORIGINAL}`
    t.same(readForward(text, null)?.from, { address: 'ada@good.test', name }, written)
  }
})

t.test('names and addresses are read without the marks that turn the writing round', async (t) => {
  const block =
    'מאת: \u202aAda Lovelace\u202c\u200f <\u202aada@good.test\u202c\u200f>\n\u202aDate: 20 בנוב׳ 2026\u202c\nSubject: Printer'
  const forward = readForward(`${NOTE}\n\n---------- הודעה שהועברה ---------\n${block}\n\n${ORIGINAL}`, 'Fwd: Printer')
  t.match(forward, { from: { address: 'ada@good.test', name: 'Ada Lovelace' }, message: NOTE, body: ORIGINAL })
})

t.test('a line that closes the header is no part of the text, one that opens another forward is', async (t) => {
  const line = '============ Forwarded message ============'
  const block = 'From: Ada <ada@good.test>\nSubject: Printer\nDate: 20.11.2026'
  t.equal(readForward(`${line}\n${block}\n${line}\n\n${ORIGINAL}`, 'Fwd: Printer')?.body, ORIGINAL)
  const inner = `${line}\nFrom: Bob <bob@good.test>\nSubject: Printer\n\n${ORIGINAL}`
  t.equal(readForward(`${line}\n${block}\n\n${inner}`, 'Fwd: Printer')?.body, inner)
})

t.test('a header in one line, as Yahoo writes it, is read', async (t) => {
  for (const text of [
    '----- Forwarded Message ----- From: Ada Lovelace <ada@good.test>To: "bob@far.test" <bob@far.test>Cc: Eve <eve@far.test>Sent: Friday, November 20, 2026, 10:00:00 AM GMT+1Subject: Fire',
    '----- Weitergeleitete Nachricht ----- Von: Ada Lovelace <ada@good.test>An: "bob@far.test" <bob@far.test>Gesendet: Freitag, 20. November 2026, 10:00:00 MEZBetreff: Fire',
    '----- Messaggio inoltrato ----- Da: Ada Lovelace <ada@good.test>A: "bob@far.test" <bob@far.test>Inviato: venerdì 20 novembre 2026, 10:00:00 CETOggetto: Fire',
    '----- Message transmis ----- De : Ada Lovelace <ada@good.test>À : "bob@far.test" <bob@far.test>Envoyé : vendredi 20 novembre 2026 à 10:00:00 UTC+1Objet : Fire',
  ]) {
    t.same(
      readForward(`${NOTE}\n\n   ${text}\n${ORIGINAL}`, 'Fw: Fire'),
      { from: { address: 'ada@good.test', name: 'Ada Lovelace' }, subject: 'Fire', message: NOTE, body: ORIGINAL },
      text,
    )
  }
})

const outlook = `From: Ada Lovelace <ada@good.test>\nSent: Friday, November 20, 2026 10:00 AM\nTo: Bob <bob@far.test>\nSubject: Fire\n\n${ORIGINAL}`

// biome-ignore format: a list
for (const prefix of ['Fwd:', 'FW:', 'Fw:', 'WG:', 'TR:', 'RV:', 'ENC:', 'I:', 'Doorst:', 'VB:', 'VS:', 'VL:', 'PD:', 'Fs:', 'İlt:', 'ΠΡΘ:', '转发:', '轉寄:', '転送:', 'Fwd :', '[Fwd:', 'FW: RE:']) {
  t.test(`under the subject "${prefix}" a header block is a forward, and the subject goes without it`, async (t) => {
    for (const rule of ['', '________________________________\n', '-----Original Message-----\n']) {
      t.same(readForward(`${NOTE}\n\n${rule}${outlook}`, `${prefix} Fire`), {
        from: { address: 'ada@good.test', name: 'Ada Lovelace' },
        subject: 'Fire',
        message: NOTE,
        body: ORIGINAL,
      })
    }
    const untitled = `On 20/11/2026, 10:00, "Ada Lovelace" <ada@good.test> wrote:\n\n    ${ORIGINAL}`
    t.match(readForward(untitled, `${prefix} Fire`), { from: { address: 'ada@good.test', name: 'Ada Lovelace' }, subject: 'Fire', message: null })
  })
}

t.test('an answer that quotes is no forward', async (t) => {
  for (const subject of ['Re: Fire', 'AW: WG: Fire', 'Fire', null]) {
    t.equal(readForward(`${NOTE}\n\n${outlook}`, subject), null)
    t.equal(readForward(`${NOTE}\n\n-----Original Message-----\n${outlook}`, subject), null)
    t.equal(
      readForward(
        `${NOTE}\n\nOn 20/11/2026, Ada <ada@good.test> wrote:\n> ---------- Forwarded message ---------\n> ${outlook.replaceAll('\n', '\n> ')}`,
        subject,
      ),
      null,
    )
  }
  t.equal(readForward(`${NOTE}\n\nOn 20/11/2026, Ada <ada@good.test> wrote:\n${quoted}`, 'Fwd: Fire'), null)
  t.equal(readForward(NOTE, 'Fwd: Fire'), null)
  t.equal(
    readForward(
      `Kiitos\n\nLähettäjä: Ada <ada@good.test>\nLähetetty: 20.11.2026 10:00\nAihe: Fire\n\n${ORIGINAL}`,
      'VS: Fire',
    ),
    null,
  )
})

// biome-ignore format: a list
for (const line of ['On 20/11/2026, 10:00, "Ada Lovelace" <ada@good.test> wrote:', 'Am 20/11/2026, 10:00 schrieb "Ada Lovelace" <ada@good.test>:', 'Le 20/11/2026 10:00, « Ada Lovelace » <ada@good.test> a écrit :',
  'El 20/11/2026, 10:00, "Ada Lovelace" <ada@good.test> escribió:', 'Il giorno 20/11/2026, 10:00 "Ada Lovelace" <ada@good.test> ha scritto:', 'Em 20/11/2026, 10:00, "Ada Lovelace" <ada@good.test> escreveu:',
  'Op 20/11/2026 10:00 heeft Ada Lovelace <ada@good.test> geschreven:', 'Den 20/11/2026 10:00 skrev "Ada Lovelace" <ada@good.test>:', 'D. 20/11/2026 10.00 skrev "Ada Lovelace" <ada@good.test>:', '"Ada Lovelace" <ada@good.test> kirjoitti 20.11.2026 klo 10.00:',
  'Dnia 20/11/2026, 10:00 „Ada Lovelace” <ada@good.test> napisał:', 'Dne 20.11.2026 10:00, Ada Lovelace <ada@good.test> napsal:', 'Dňa 20/11/2026, 10:00, „Ada Lovelace“ <ada@good.test> napísal:', '20/11/2026 10:00 időpontban "Ada Lovelace" <ada@good.test> ezt írta:',
  '20.11.2026, 10:00 пользователь "Ada Lovelace" <ada@good.test> написал:', '"Ada Lovelace" <ada@good.test>, 20/11/2026 10:00 tarihinde şunu yazdı:']) {
  t.test(`Outlook 2019 forwards below "${line}"`, async (t) => {
    const expected = { from: { address: 'ada@good.test', name: 'Ada Lovelace' }, subject: 'Fire', body: ORIGINAL }
    t.same(readForward(`${line}\n\n    ${ORIGINAL}`, 'FW: Fire'), { ...expected, message: null })
    t.same(readForward(`${NOTE}\n\n${line}\n\n    ${ORIGINAL}`, 'FW: Fire'), { ...expected, message: NOTE })
  })
}

const message = (...lines: string[]) => parseMail(Buffer.from(lines.join('\r\n')))
const attached = (headers: string[]) =>
  message(
    'From: bob@far.test',
    ...headers,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Can you help her?',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Disposition: attachment; filename=fire.eml',
    '',
    'From: Ada Lovelace <ada@good.test>',
    'Subject: Fire',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'The printer is on fire.',
    '--b--',
    '',
  )

t.test('an attached mail is a forward, unless it is attached to an answer', async (t) => {
  const forward = {
    from: { address: 'ada@good.test', name: 'Ada Lovelace' },
    subject: 'Fire',
    message: 'Can you help her?',
    body: 'The printer is on fire.',
  }
  t.same((await attached(['Subject: Fwd: Fire'])).forward, forward)
  t.same((await attached(['Subject: Look'])).forward, forward)
  t.equal((await attached(['Subject: Re: Fire', 'In-Reply-To: <a@b.test>'])).forward, null)
})

t.test('hostile texts cost less than a second', async (t) => {
  // biome-ignore format: a list
  for (const piece of ['From: ', 'From: a\n', 'To: b\n\n', '> ', ':\n', '---\n', 'a@', '<a@b\n', 'Aa ', '--- Forwarded message --- From: a Subject: b ', 'On 1 2026 a wrote\n', `${'Aa '.repeat(180)}:\n`]) {
    const cost = startCost()
    readForward(piece.repeat(Math.ceil(1_048_576 / piece.length)), 'Fwd: x')
    readForward(`--- Forwarded message --- ${piece.repeat(Math.ceil(1_048_576 / piece.length))}`, 'Fwd: x')
    t.ok(cost() < 1_000, `${JSON.stringify(piece.slice(0, 20))}: ${cost()} ms`)
  }
})
