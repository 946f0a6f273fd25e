import fc from 'fast-check'
import t from 'tap'
import { parseMail } from '../src/mail/in/parse.ts'
import { splitQuotes } from '../src/mail/in/quotes.ts'
import { startCost } from './support/cost.ts'

const REPLY = 'Thank you, it works now.\n\nBest wishes\nAda'
const ORIGINAL = 'Have you tried\nto turn it off?'
const quoted = ORIGINAL.replace(/^/gm, '> ')

/** Above a quote: the client or language, and its words. Each is tried with quote marks and without. */
const ATTRIBUTIONS = {
  'Gmail, English': 'On Fri, Nov 20, 2026 at 10:00 AM Support <help@desk.test> wrote:',
  'Gmail, English, wrapped': 'On Fri, Nov 20, 2026 at 10:00 AM Support of the Desk <\nhelp@desk.test> wrote:',
  'Gmail, British': 'On Fri, 20 Nov 2026 at 10:00, Support <help@desk.test> wrote:',
  'Gmail, old': '2026-11-20 10:00 GMT+01:00 Support <help@desk.test>:',
  'Gmail, German': 'Am Fr., 20. Nov. 2026 um 10:00 Uhr schrieb Support <help@desk.test>:',
  'Gmail, French': 'Le ven. 20 nov. 2026 à 10:00, Support <help@desk.test> a écrit :',
  'Gmail, Spanish': 'El vie, 20 nov 2026 a las 10:00, Support (<help@desk.test>) escribió:',
  'Gmail, Portuguese': 'Support <help@desk.test> escreveu no dia sexta, 20/11/2026 à(s) 10:00:',
  'Gmail, Brazilian': 'Em sex., 20 de nov. de 2026 às 10:00, Support <help@desk.test>\nescreveu:',
  'Gmail, Italian': 'Il giorno ven 20 nov 2026 alle ore 10:00 Support <help@desk.test>\nha scritto:',
  'Gmail, Dutch': 'Op vr 20 nov 2026 om 10:00 schreef Support <help@desk.test>:',
  'Gmail, Swedish': 'Den fre 20 nov. 2026 kl 10:00 skrev Support <help@desk.test>:',
  'Gmail, Danish': 'Den fre. 20. nov. 2026 kl. 10.00 skrev Support <help@desk.test>:',
  'Gmail, Norwegian': 'fre. 20. nov. 2026 kl. 10:00 skrev Support <help@desk.test>:',
  'Gmail, Finnish': 'pe 20. marrask. 2026 klo 10.00 Support (help@desk.test) kirjoitti:',
  'Gmail, Polish': 'pt., 20 lis 2026 o 10:00 Support <help@desk.test> napisał(a):',
  'Gmail, Czech': 'pá 20. 11. 2026 v 10:00 odesílatel Support <help@desk.test> napsal:',
  'Gmail, Slovak': 'pi 20. 11. 2026 o 10:00 Support <help@desk.test> napísal(a):',
  'Gmail, Russian': 'пт, 20 нояб. 2026 г. в 10:00, Support <help@desk.test>:',
  'Gmail, Ukrainian': 'пт, 20 лист. 2026 р. о 10:00 Support <help@desk.test> пише:',
  'Gmail, Bulgarian': 'На пт, 20.11.2026 г. в 10:00 Support <help@desk.test> написа:',
  'Gmail, Turkish': 'Support <help@desk.test>, 20 Kas 2026 Cum, 10:00 tarihinde şunu yazdı:',
  'Gmail, Hungarian': 'Support <help@desk.test> ezt írta (időpont: 2026. nov. 20., P, 10:00):',
  'Gmail, Romanian': 'În vin., 20 nov. 2026 la 10:00, Support <help@desk.test> a scris:',
  'Gmail, Greek': 'Στις Παρ 20 Νοε 2026 στις 10:00 π.μ., ο χρήστης Support <help@desk.test>\nέγραψε:',
  'Gmail, Croatian': 'pet, 20. stu 2026. u 10:00 Support <help@desk.test> napisao je:',
  'Gmail, Slovenian': 'V V pet., 20. nov. 2026 ob 10:00 je oseba Support <help@desk.test> napisala:',
  'Gmail, Lithuanian': '2026-11-20, pn, 10:00 Support <help@desk.test> rašė:',
  'Gmail, Latvian': 'piektd., 2026. g. 20. nov., plkst. 10:00 — lietotājs Support (<help@desk.test>) rakstīja:',
  'Gmail, Estonian': 'Kuupäev R, 20. november 2026 kell 10:00 kirjutas Support <help@desk.test>:',
  'Gmail, Catalan': 'Missatge de Support <help@desk.test> del dia dv., 20 de nov. 2026 a les\n10:00:',
  'Gmail, Chinese': 'Support <help@desk.test> 于2026年11月20日周五 10:00写道：',
  'Gmail, Taiwan': 'Support <help@desk.test> 於 2026年11月20日 週五 上午10:00寫道：',
  'Gmail, Japanese': '2026年11月20日(金) 10:00 Support <help@desk.test>:',
  'Gmail, Korean': '2026년 11월 20일 (금) 오전 10:00, Support <help@desk.test>님이 작성:',
  'Gmail, Arabic': 'في الجمعة، 20 نوفمبر 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Support <help@desk.test>:',
  'Gmail, Hebrew': 'בתאריך יום ו׳, 20 בנוב׳ 2026 ב-10:00 מאת Support <help@desk.test>:',
  'Gmail, Arabic, in its digits':
    'في الجمعة، ٢٠ نوفمبر ٢٠٢٦ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة \u202aSupport\u202c\u200f <\u202ahelp@desk.test\u202c\u200f>:',
  'Gmail, Hebrew, with its marks':
    'בתאריך יום ו׳, 20 בנוב׳ 2026 ב-10:00 מאת \u202aSupport\u202c\u200f <\u202ahelp@desk.test\u202c\u200f>:\u202c',
  'Gmail, Vietnamese': 'Vào Th 6, 20 thg 11, 2026 vào lúc 10:00 Support <help@desk.test> đã viết:',
  'Gmail, Indonesian': 'Pada tanggal Jum, 20 Nov 2026 pukul 10.00 Support <help@desk.test> menulis:',
  'Apple Mail, English': 'On 20 Nov 2026, at 10:00, Support <help@desk.test> wrote:',
  'Apple Mail, German': 'Am 20.11.2026 um 10:00 schrieb Support <help@desk.test>:',
  'Apple Mail, French': 'Le 20 nov. 2026 à 10:00, Support <help@desk.test> a écrit :',
  'Apple Mail, Spanish': 'El 20 nov 2026, a las 10:00, Support <help@desk.test> escribió:',
  'Apple Mail, Italian': 'Il giorno 20 nov 2026, alle ore 10:00, Support <help@desk.test> ha scritto:',
  'Apple Mail, Portuguese': 'No dia 20/11/2026, às 10:00, Support <help@desk.test> escreveu:',
  'Apple Mail, Dutch': 'Op 20 nov. 2026 om 10:00 heeft Support <help@desk.test> het volgende geschreven:',
  'Apple Mail, Swedish': '20 nov. 2026 kl. 10:00 skrev Support <help@desk.test>:',
  'Apple Mail, Norwegian': '20. nov. 2026 kl. 10:00 skrev Support <help@desk.test>:',
  'Apple Mail, Finnish': 'Support <help@desk.test> kirjoitti 20.11.2026 kello 10.00:',
  'Apple Mail, Polish': 'Wiadomość napisana przez Support <help@desk.test> w dniu 20.11.2026, o godz. 10:00:',
  'Apple Mail, Czech': '20. 11. 2026 v 10:00, Support <help@desk.test>:',
  'Apple Mail, Russian': '20 нояб. 2026 г., в 10:00, Support <help@desk.test> написал(а):',
  'Apple Mail, Hungarian': 'Dátum: 2026. nov. 20. - 10:00, Support <help@desk.test> ezt írta:',
  'Apple Mail, Chinese': '在 2026年11月20日，10:00，Support <help@desk.test> 写道：',
  'Apple Mail, Japanese': '2026/11/20 10:00、Support <help@desk.test>のメール:',
  'Apple Mail, Korean': '2026. 11. 20. 오전 10:00, Support <help@desk.test> 작성:',
  'Thunderbird, English': 'On 11/20/26 10:00 AM, Support wrote:',
  'Thunderbird, German': 'Am 20.11.2026 um 10:00 schrieb Support:',
  'Thunderbird, French': 'Le 20/11/2026 à 10:00, Support a écrit :',
  'Thunderbird, Spanish': 'El 20/11/26 a las 10:00, Support escribió:',
  'Thunderbird, Italian': 'Il 20/11/2026 10:00, Support ha scritto:',
  'Thunderbird, Dutch': 'Op 20-11-2026 om 10:00 schreef Support:',
  'Thunderbird, Polish': 'W dniu 20.11.2026 o 10:00, Support pisze:',
  'Thunderbird, Czech': 'Dne 20. 11. 26 v 10:00 Support napsal(a):',
  'Thunderbird, Russian': '20.11.2026 10:00, Support пишет:',
  'Thunderbird, Portuguese': 'Em 20/11/2026 10:00, Support escreveu:',
  'Thunderbird, Hungarian': '2026. 11. 20. 10:00 keltezéssel, Support írta:',
  'Thunderbird, Chinese': '在 2026/11/20 10:00, Support 写道:',
  'Outlook for Mac': 'On 20/11/2026, 10:00, "Support" <help@desk.test> wrote:',
  'Yahoo, English': 'On Friday, November 20, 2026, 10:00:00 AM GMT+1, Support <help@desk.test> wrote:',
  'Yahoo, German': 'Am Freitag, 20. November 2026, 10:00:00 MEZ hat Support <help@desk.test> Folgendes geschrieben:',
  'Yahoo, French': 'Le vendredi 20 novembre 2026 à 10:00:00 UTC+1, Support <help@desk.test> a écrit :',
  'Yahoo, Spanish': 'El viernes, 20 de noviembre de 2026, 10:00:00 CET, Support <help@desk.test> escribió:',
  'Yahoo, Italian': 'Il venerdì 20 novembre 2026 alle ore 10:00:00 CET, Support <help@desk.test> ha scritto:',
  ProtonMail: 'On Friday, November 20th, 2026 at 10:00 AM, Support <help@desk.test> wrote:',
  'mail.ru': 'Пятница, 20 ноября 2026, 10:00 +03:00 от Support <help@desk.test>:',
  Yandex: '20.11.2026, 10:00, "Support" <help@desk.test>:',
  Zoho: '---- On Fri, 20 Nov 2026 10:00:00 +0100 Support <help@desk.test> wrote ----',
  Android: '---- Support wrote ----',
  Horde: 'Quoting Support <help@desk.test>:',
  'Horde, German': 'Zitat von Support <help@desk.test>:',
  Evolution: 'On Fri, 2026-11-20 at 10:00 +0100, Support wrote:',
  Mutt: 'On Fri, Nov 20, 2026 at 10:00:00AM +0100, Support wrote:',
  Fastmail: 'On Fri, Nov 20, 2026, at 10:00 AM, Support wrote:',
  Roundcube: 'On 2026-11-20 10:00, Support wrote:',
  'Open-Xchange': 'Support <help@desk.test> hat am 20.11.2026 10:00 CET geschrieben:',
  Hey: 'On November 20, 2026, Support <help@desk.test> wrote:',
  KMail: 'On Friday, 20 November 2026 10:00:00 CET Support wrote:',
  Polymail: 'On Fri, Nov 20, 2026 at 10:00 AM Support\n\n<\nmailto:Support <help@desk.test>\n> wrote:',
  Gnus: 'Support <help@desk.test> writes:',
} as const

for (const [client, line] of Object.entries(ATTRIBUTIONS)) {
  t.test(`${client}: what stands below "${line.replaceAll('\n', ' ')}" is a quote`, async (t) => {
    for (const [how, body] of Object.entries({
      marked: quoted,
      unmarked: ORIGINAL,
      apart: `\n${quoted}`,
      below: `\n${ORIGINAL}`,
    })) {
      const { visibleText, quotedText } = splitQuotes(`${REPLY}\n\n${line}\n${body}\n`)
      t.equal(visibleText, REPLY, how)
      t.match(quotedText, ORIGINAL.slice(0, 10), how)
    }
    t.equal(splitQuotes(`${REPLY}\n${line}\n${quoted}`).visibleText, REPLY, 'without an empty line above')
    t.equal(splitQuotes(`${line}\n\n${quoted}\n\n${REPLY}`).visibleText, REPLY, 'below the quote')
  })
}

/** From, date, to, subject, as a client or language labels them. */
const HEADERS = {
  English: ['From', 'Sent', 'To', 'Subject'],
  German: ['Von', 'Gesendet', 'An', 'Betreff'],
  French: ['De', 'Envoyé', 'À', 'Objet'],
  Spanish: ['De', 'Enviado el', 'Para', 'Asunto'],
  Portuguese: ['De', 'Enviada em', 'Para', 'Assunto'],
  Italian: ['Da', 'Inviato', 'A', 'Oggetto'],
  Dutch: ['Van', 'Verzonden', 'Aan', 'Onderwerp'],
  Swedish: ['Från', 'Skickat', 'Till', 'Ämne'],
  Danish: ['Fra', 'Sendt', 'Til', 'Emne'],
  Finnish: ['Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe'],
  Polish: ['Od', 'Wysłano', 'Do', 'Temat'],
  Czech: ['Od', 'Odesláno', 'Komu', 'Předmět'],
  Slovak: ['Od', 'Odoslané', 'Komu', 'Predmet'],
  Russian: ['От', 'Отправлено', 'Кому', 'Тема'],
  Ukrainian: ['Від', 'Надіслано', 'Кому', 'Тема'],
  Bulgarian: ['От', 'Изпратено', 'До', 'Относно'],
  Turkish: ['Kimden', 'Gönderildi', 'Kime', 'Konu'],
  Hungarian: ['Feladó', 'Elküldve', 'Címzett', 'Tárgy'],
  Romanian: ['De la', 'Trimis', 'Către', 'Subiect'],
  Greek: ['Από', 'Στάλθηκε', 'Προς', 'Θέμα'],
  Croatian: ['Od', 'Poslano', 'Prima', 'Predmet'],
  Catalan: ['De', 'Enviat', 'Per a', 'Tema'],
  Chinese: ['发件人', '发送时间', '收件人', '主题'],
  Taiwanese: ['寄件者', '寄件日期', '收件者', '主旨'],
  Japanese: ['差出人', '送信日時', '宛先', '件名'],
  Korean: ['보낸 사람', '보낸 날짜', '받는 사람', '제목'],
  Arabic: ['من', 'تم الإرسال', 'إلى', 'الموضوع'],
  Hebrew: ['מאת', 'נשלח', 'אל', 'נושא'],
  Vietnamese: ['Từ', 'Đã gửi', 'Tới', 'Chủ đề'],
} as const

for (const [language, [from, date, to, subject]] of Object.entries(HEADERS)) {
  t.test(`a header block in ${language} begins another mail`, async (t) => {
    const block = (mark: string, colon: string) =>
      [
        `${mark}${from}${colon}${mark} Support <help@desk.test>`,
        `${mark}${date}${colon}${mark} 20.11.2026 10:00`,
        `${mark}${to}${colon}${mark} Ada <ada@good.test>`,
        `${mark}${subject}${colon}${mark} Re: printer`,
      ].join('\n')
    for (const text of [
      `${REPLY}\n\n${block('', ':')}\n\n${ORIGINAL}`,
      `${REPLY}\n\n________________________________\n${block('', ':')}\n\n${ORIGINAL}`,
      `${REPLY}\n\n---\n\n${block('*', ':')}\n\n${ORIGINAL}`,
      `${REPLY}\n\n${block('', ' :')}\n${ORIGINAL}`,
      `${REPLY}\n\n${block('', '：')}\n\n${ORIGINAL}`,
      `${REPLY}\n\n${block('', ':').replaceAll('\n', '\n\n')}\n\n${ORIGINAL}`,
      `${REPLY}\n\n${block('', ': ').replaceAll(' <help@desk.test>', '')}\n\n${ORIGINAL}`,
    ]) {
      const { visibleText, quotedText } = splitQuotes(text)
      t.equal(visibleText, REPLY)
      t.match(quotedText, ORIGINAL)
    }
  })
}

// biome-ignore format: a list
for (const line of ['-----Original Message-----', '----- Original Message -----', '-------- Original message --------', '-----Ursprüngliche Nachricht-----',
  '-------- Originalnachricht --------', "-----Message d'origine-----", '-------- Message original --------', '-----Mensaje original-----', '-----Mensagem original-----',
  '-----Messaggio originale-----', '-----Oorspronkelijk bericht-----', '-----Ursprungligt meddelande-----', '-----Oprindelig meddelelse-----', '-----Opprinnelig melding-----',
  '-----Alkuperäinen viesti-----', '-----Oryginalna wiadomość-----', '---------- Původní zpráva ----------', '-----Исходное сообщение-----', '-----Özgün İleti-----', '-----Eredeti üzenet-----',
  '------------------ 原始邮件 ------------------', '-----邮件原件-----', '-----元のメッセージ-----', '-----원본 메시지-----', '------- Original Message -------', '*-----Original Message-----*',
  '##- Please type your reply above this line -##', '--- Bitte antworten Sie oberhalb dieser Zeile ---']) {
  t.test(`"${line}" begins another mail`, async (t) =>
    t.equal(splitQuotes(`${REPLY}\n\n${line}\n\n${ORIGINAL}`).visibleText, REPLY))
}

// biome-ignore format: a list
for (const line of ['-- \nAda Lovelace\nThe Analytical Engine Company', '--\nAda', 'Sent from my iPhone', 'Get Outlook for iOS<https://aka.ms/x>', 'Get Outlook for Android', 'Sent from Mail for Windows',
  'Sent from Yahoo Mail on Android', 'Yahoo Mail: Search, Organize, Conquer', 'Get BlueMail for Android', 'Sent from my Verizon, Samsung Galaxy smartphone', 'Sent from my Galaxy', 'Sent from Proton Mail for iOS', 'Sent from my Pixel 9, please excuse my typos.', 'Von meinem iPhone gesendet', 'Gesendet von meinem Android-Gerät',
  'Gesendet mit der GMX Mail App', 'Von Samsung-Mobilgerät gesendet', 'Envoyé de mon iPhone', 'Envoyé depuis mon téléphone', 'Enviado desde mi iPhone', 'Enviado do meu iPhone', 'Inviato da iPhone', 'Inviato dal mio smartphone',
  'Verstuurd vanaf mijn iPhone', 'Verzonden vanaf mijn Galaxy', 'Skickat från min iPhone', 'Sendt fra min iPhone', 'Lähetetty iPhonesta', 'Wysłane z iPhone’a', 'Odesláno z iPhonu', 'Отправлено с iPhone', 'Отправлено из мобильной Почты',
  'Надіслано з iPhone', 'iPhone’umdan gönderildi', 'Küldve: iPhone', 'Trimis de pe iPhone', 'Στάλθηκε από το iPhone μου', '发自我的iPhone', '從我的 iPhone 傳送', 'iPhoneから送信', '나의 iPhone에서 보냄', 'أرسلت من الـ iPhone', 'נשלח מה-iPhone שלי']) {
  t.test(`"${line.split('\n')[0]}" is not what the sender says`, async (t) => {
    const { visibleText, quotedText } = splitQuotes(`${REPLY}\n\n${line}\n`)
    t.equal(visibleText, REPLY)
    t.equal(quotedText, line, 'but it is not lost')
    t.equal(splitQuotes(`${REPLY}\n\n${line}\n\nOn 20/11/2026, 10:00, Support <help@desk.test> wrote:\n${quoted}`).visibleText, REPLY)
  })
}

for (const [name, text] of Object.entries({
  'a sentence that ends with a colon': 'Hello,\n\nyesterday I wrote to you on 20.11.2026 as follows:\n\nIt is broken.',
  'the same in German': 'Hallo,\n\nam 20.11.2026 um 10:00 schrieb ich Ihnen Folgendes:\n\nEs ist kaputt.',
  'an appointment': 'Lunch\n\nDate: Friday 20 November 2026\nTo: be announced\nTime: 10:00\n\nSee you there.',
  'a journey': 'Hello\n\nFrom: London\nTo: Paris\nDate: 20.11.2026\n\nHow much is it?',
  'a web form': 'Name: Ada\nEmail: ada@good.test\nSubject: Printer\nMessage: It is broken.',
  'a list with dashes': 'Please order\n\n-Apples\n-Pears\n\nfor Monday.',
  'a rule in the middle': 'One\n\n-----\n\nTwo\n\n=====\n\nThree',
  'words that only begin like a signature': 'Hello\n\nSent from my desk, as I am no friend of telephones.',
  'a question about a client': 'Hello\n\nMails that are sent from Outlook on my iPhone never arrive. Why?',
  'a quotation at the top': '> It does not work.\n\nWhat does not?',
  'only a quote': 'On 20 Nov 2026, at 10:00, Support <help@desk.test> wrote:\n> Hello',
  'only a signature': '-- \nAda',
  'somebody else’s words': 'Hello,\n\nyour colleague bob@desk.test wrote to me as follows:\n\nCall Ada.',
  'a line of code': 'This fails:\n\n  if (a > b) return\n\nWhy?',
})) {
  t.test(`${name} stays whole`, async (t) => t.same(splitQuotes(text), { visibleText: text, quotedText: null }))
}

t.test('answers between the quotes are kept with what they answer', async (t) => {
  const text = `Hello,\n\nOn 20 Nov 2026, at 10:00, Support <help@desk.test> wrote:\n> Which model?\n\nThe red one.\n\n> Since when?\n\nMonday.`
  t.same(splitQuotes(text), { visibleText: text, quotedText: null })
  t.equal(
    splitQuotes(`> Which model?\nRed.\n> Since when?\nMonday.\n\n-- \nAda`).visibleText,
    '> Which model?\nRed.\n> Since when?\nMonday.',
  )
  t.equal(
    splitQuotes(`${text}\n\nOn 19 Nov 2026, at 10:00, Ada <ada@good.test> wrote:\n> Help`).visibleText,
    `${text}\n\nOn 19 Nov 2026, at 10:00, Ada <ada@good.test> wrote:\n> Help`,
  )
})

t.test('what stands around one quote is the reply', async (t) => {
  const { visibleText, quotedText } = splitQuotes(
    `Hello,\n\nOn 20 Nov 2026, Support wrote:\n${quoted}\n\nYes, twice.\n\nAda`,
  )
  t.equal(visibleText, 'Hello,\n\n\nYes, twice.\n\nAda')
  t.equal(quotedText, `On 20 Nov 2026, Support wrote:\n${quoted}`)
})

t.test('a forwarded mail is what the sender has to say', async (t) => {
  for (const text of [
    `Please see below.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@far.test>\nDate: Fri, Nov 20, 2026\nSubject: x\n\n${ORIGINAL}`,
    `Please see below.\n\n> Begin forwarded message:\n>\n> From: Bob <bob@far.test>\n> Subject: x\n>\n${quoted}`,
  ]) {
    t.equal(splitQuotes(text).visibleText, text)
  }
})

t.test('a forwarded mail stays below a signature, too', async (t) => {
  const forwarded = `Begin forwarded message:\n\n> From: Bob <bob@far.test>\n> Subject: x\n>\n${quoted}`
  for (const signature of ['Sent from my iPhone', '-- \nAda']) {
    t.same(splitQuotes(`Please see below.\n\n${signature}\n\n${forwarded}`), {
      visibleText: `Please see below.\n\n${forwarded}`,
      quotedText: signature,
    })
  }
})

t.test('quotes in HTML are told, too, and an indented paragraph is none', async (t) => {
  const parse = (html: string) =>
    parseMail(Buffer.from(`From: ada@good.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}`))
  for (const html of [
    '<div dir="ltr">Yes.</div><br><div class="gmail_quote"><div class="gmail_attr">On Fri, Nov 20, 2026 at 10:00 AM Support &lt;<a href="mailto:help@desk.test">help@desk.test</a>&gt; wrote:<br></div><blockquote class="gmail_quote">No?</blockquote></div>',
    '<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Support &lt;help@desk.test&gt;<br><b>Sent:</b> Friday, November 20, 2026 10:00 AM<br><b>To:</b> Ada<br><b>Subject:</b> x</div><div>No?</div>',
    '<p class=MsoNormal>Yes.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>Von:</b> Support<br><b>Gesendet:</b> Freitag, 20. November 2026 10:00<br><b>An:</b> Ada<br><b>Betreff:</b> x</p></div><p>No?</p>',
    '<html><body>Yes.<div class="moz-cite-prefix">Am 20.11.26 um 10:00 schrieb Support:<br></div><blockquote type="cite" cite="mid:x">No?</blockquote></body></html>',
    '<div>Yes.</div><div class="yahoo_quoted"><div>On Friday, November 20, 2026, 10:00 AM, Support &lt;help@desk.test&gt; wrote:</div><div>No?</div></div>',
  ]) {
    const mail = await parse(html)
    t.equal(mail.visibleText, 'Yes.', html)
    t.match(mail.quotedText, 'No?')
  }
  for (const html of [
    '<div>Yes.</div><div class="gmail_quote"><div>Ĉe la 20a, iu skribis<br></div><blockquote class="gmail_quote">No?</blockquote></div>',
    '<div>Yes.</div><div id="divRplyFwdMsg"><b>De kiu</b>: iu<br><b>Kiam</b>: hodiaŭ</div><div>No?</div>',
    '<p>Yes.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>De kiu</b>: iu</p></div><p>No?</p>',
    '<div>Yes.</div><div class="yahoo_quoted" id="yahoo_quoted_1"><div>Iu skribis</div><div>No?</div></div>',
  ]) {
    const mail = await parse(html)
    t.equal(mail.visibleText, 'Yes.', `by the structure, in any language: ${html}`)
    t.match(mail.quotedText, 'No?')
    t.notMatch(JSON.stringify({ ...mail, contents: [] }), '\u{f0025}')
  }
  const between = await parse(
    '<div>Hi</div><div class="gmail_quote"><div>iu skribis:</div><blockquote>A?</blockquote><div>Yes.</div><blockquote>B?</blockquote><div>No.</div></div>',
  )
  t.equal(between.visibleText, between.bodyText, 'answers between the quotes')
  const indented = await parse(
    '<p>One</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">Two</blockquote>',
  )
  t.equal(indented.visibleText, 'One\n\nTwo')
})

const words = fc.constantFrom(
  'Hello',
  '> quoted',
  '>> twice',
  '',
  'On 20 Nov 2026, A <a@b.test> wrote:',
  '-- ',
  'From: A <a@b.test>',
  'Sent: 20.11.2026',
  'To: b@c.test',
  '-----Original Message-----',
  '_____',
  'Sent from my iPhone',
  '> On 1 May 2026, b@c.test wrote:',
  'reply On 1 May 2026, b@c.test wrote:',
  '---------- Forwarded message ---------',
)

t.test('nothing is ever lost: every word is in the visible or in the quoted text', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 12 })), { maxLength: 25 }), (lines) => {
      const text = lines.join('\n')
      const { visibleText, quotedText } = splitQuotes(text)
      const sorted = (all: string) => all.split(/\s+/).filter(Boolean).sort()
      const kept = sorted(`${visibleText ?? ''}\n${quotedText ?? ''}`).join('')
      return [...kept].sort().join('') === [...sorted(text).join('')].sort().join('')
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

t.test('hostile texts cost less than a second', async (t) => {
  const long = (piece: string) => piece.repeat(Math.ceil(1_048_576 / piece.length))
  // biome-ignore format: a list
  for (const piece of ['>', '> ', '>\n', '\n', ' ', ':\n', '-', '---\n', '_____\n\n\n', '-- \n', 'On 1 ', 'On 1,\n', 'On 1 2026 a wrote\n', 'From: ', 'From: a\nTo: b\nx\n', 'To: b\n\n', 'a@b ', '<a@b\n', '"', '1:1 ',
    'Sent from my\n', '> a\nb\n', '----- a ', '*a*\n', 'reply above ', 'a On 1 2026 b@c wrote:\n> \n', '写道：\n', '\u00a0', '\ufeff', `${'x'.repeat(590)}:\n`, `${'a wrote '.repeat(70)}:\n`, `${'1.1.'.repeat(140)}:\n`]) {
    const text = long(piece)
    const cost = startCost()
    splitQuotes(text)
    t.ok(cost() < 1_000, `${JSON.stringify(piece.slice(0, 20))}: ${cost()} ms`)
  }
})
