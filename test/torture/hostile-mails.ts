import { gzipSync } from 'node:zlib'
import type { Random } from './random.ts'

/** One way to be hostile, in a size: from 1 for a small one to 1,000 for all it takes. */
type Kind = (size: number, random: Random) => string | Buffer

const CRLF = '\r\n'
const lines = (...all: string[]) => all.join(CRLF)
const head = (...more: string[]) =>
  lines('From: Eve <eve@evil.test>', 'To: support@kontor.localhost', 'Subject: Hi', ...more)
const mail = (more: string[], body: string) => `${head(...more)}${CRLF}${CRLF}${body}`
const mixed = (...parts: string[]) =>
  mail(
    ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'],
    `${parts.map((part) => `--b${CRLF}${part}${CRLF}`).join('')}--b--${CRLF}`,
  )
const html = (text: string) => mail(['Content-Type: text/html; charset=utf-8'], text)
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/.{76}/g, `$&${CRLF}`)
const file = (name: string, bytes: Buffer) =>
  lines(
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    base64(bytes),
  )
const noise = (length: number, random: Random) => Buffer.from(Array.from({ length }, () => random.integer(0, 255)))
const words = (length: number) => 'lorem ipsum dolor sit amet '.repeat(Math.ceil(length / 27)).slice(0, length)

function nested(depth: number, type: (n: number) => string): string {
  let text = ''
  for (let n = 0; n < depth; n++) text += `Content-Type: ${type(n)}${CRLF}${CRLF}--b${n}${CRLF}`
  return text
}

const CHARSETS = [
  'utf-7',
  'utf-16',
  'utf-32',
  'x-user-defined',
  'iso-2022-kr',
  'hz-gb-2312',
  'replacement',
  '__proto__',
  '../../etc',
  '"',
  '%s%n',
  'utf-8\0',
]
const ATTACKED_HEADERS = [
  'Content-Type',
  'Content-Disposition',
  'Content-Transfer-Encoding',
  'References',
  'Date',
  'Message-ID',
  '__proto__',
  'constructor',
]

/** What R30 names and what readers of mail have fallen over: bombs stay closed, so that a mail costs its sender as much as us. */
const hostileKinds: Record<string, Kind> = {
  'many parts': (size) => mixed(...Array.from({ length: size * 20 }, () => `${CRLF}a`)),
  'nested multiparts': (size) => `${head()}${CRLF}${nested(size * 2, (n) => `multipart/mixed; boundary=b${n}`)}`,
  'nested messages': (size) =>
    mail(['Content-Type: message/rfc822'], `Content-Type: message/rfc822${CRLF}${CRLF}`.repeat(size * 2)),
  'one long line': (size) => mail([], 'x'.repeat(size * 20_000)),
  'one long header': (size) => mail([`X-Long: ${'y'.repeat(Math.min(size * 300, 261_000))}`], 'a'),
  'many headers': (size) =>
    mail(
      Array.from({ length: Math.min(size * 20, 9_000) }, (_, n) => `X-${n}: a`),
      'a',
    ),
  'one folded header': (size) => mail([`X-Folded: a${`${CRLF} a`.repeat(Math.min(size * 60, 60_000))}`], 'a'),
  'encoded words': (size) =>
    mail([`X: a${CRLF}Subject: ${'=?utf-8?q?=C3=A4=?= '.repeat(Math.min(size * 12, 12_000))}`], 'a'),
  'broken encoded words': (size) => mail([`Subject: ${'=?'.repeat(Math.min(size * 100, 120_000))}`], 'a'),
  'parameter continuations': (size) =>
    mail(
      [
        `Content-Type: text/plain${Array.from({ length: Math.min(size * 10, 6_000) }, (_, n) => `;${CRLF} name*${n}*=%41`).join('')}`,
      ],
      'a',
    ),
  'address nesting': (size) =>
    lines(
      `From: ${'('.repeat(Math.min(size * 200, 200_000))}`,
      `To: ${'g:'.repeat(Math.min(size * 20, 20_000))}`,
      '',
      'a',
    ),
  'many addresses': (size) =>
    mail([`Cc: ${Array.from({ length: Math.min(size * 10, 8_000) }, (_, n) => `a${n}@b.test`).join(', ')}`], 'a'),
  'many references': (size) =>
    mail(
      [`References: ${Array.from({ length: Math.min(size * 10, 8_000) }, (_, n) => `<${n}@b.test>`).join(' ')}`],
      'a',
    ),
  'HTML nesting': (size) => html('<div>'.repeat(size * 200)),
  'HTML tags': (size) => html('<a href="x"><b>y</b></a>'.repeat(size * 100)),
  'HTML attributes': (size) => html(`<p ${'a="b" '.repeat(size * 200)}>`),
  'HTML comments and styles': (size) => html(`${'<!--'.repeat(size * 50)}<style>${'a{b:c}'.repeat(size * 50)}`),
  'HTML tables': (size) => html('<table><tr><td>'.repeat(size * 20)),
  'HTML images': (size) => html('<img src="http://x.test/'.repeat(size * 50)),
  quotes: (size) => mail([], Array.from({ length: size * 20 }, (_, n) => `${'>'.repeat(n % 300)} a`).join(CRLF)),
  'attributions without end': (size) => mail([], `${'On Mon, somebody '.repeat(size * 100)}wrote`),
  'quoted-printable': (size) => mail(['Content-Transfer-Encoding: quoted-printable'], '=41=\r\n'.repeat(size * 300)),
  'a large file': (size, random) => mixed(file('a.bin', Buffer.alloc(size * 25_000, noise(997, random)))),
  'base64 that is none': (size) => mixed(lines('Content-Transfer-Encoding: base64', '', '!@#$ \t'.repeat(size * 300))),
  charsets: (size, random) =>
    mail(
      [`Content-Type: text/plain; charset="${CHARSETS[random.integer(0, CHARSETS.length - 1)]}"`],
      noise(size * 20, random).toString('latin1'),
    ),
  'binary everywhere': (size, random) => noise(size * 50 + 20, random),
  'NUL bytes': (size) => mail(['X: \0\0'], '\0'.repeat(size * 300)),
  truncated: (size) => mixed(file('a.pdf', Buffer.alloc(size * 100, 'x'))).slice(0, size * 60 + 150),
  'forgotten ends': (size) =>
    mail(
      ['Content-Type: multipart/mixed; boundary=b'],
      `--b${CRLF}${nested(Math.min(size, 400), (n) => `multipart/alternative; boundary=b${n}`)}--b--`,
    ),
  'boundaries that are no boundaries': (size) =>
    mail(
      [`Content-Type: multipart/mixed; boundary="${'-'.repeat(70)}"`],
      `${'-'.repeat(72)}x${CRLF}`.repeat(size * 20),
    ),
  'file names': (size) =>
    mixed(
      lines(
        `Content-Disposition: attachment; filename="../../../etc/passwd\\"\0${'\u202e'}${'A'.repeat(Math.min(size * 50, 20_000))}"`,
        '',
        'a',
      ),
    ),
  TNEF: (size, random) =>
    mixed(file('winmail.dat', Buffer.concat([Buffer.from([0x78, 0x9f, 0x3e, 0x22]), noise(size * 20, random)]))),
  'closed bombs': (size) => mixed(file('bomb.gz', gzipSync(Buffer.alloc(size * 50_000)))),
  'reports of reports': (size) =>
    mail(
      ['Content-Type: multipart/report; report-type=delivery-status; boundary=b'],
      `--b${CRLF}Content-Type: message/delivery-status${CRLF}${CRLF}${`Final-Recipient: rfc822; a@b.test${CRLF}${CRLF}`.repeat(size * 20)}--b--`,
    ),
  'repeated headers': (size) =>
    mail(
      ATTACKED_HEADERS.flatMap((name) => Array.from({ length: Math.min(size, 100) }, (_, n) => `${name}: ${n};=;"`)),
      'a',
    ),
  'no header at all': (size) => words(size * 300),
  'nothing but headers': (size) => head(...Array.from({ length: Math.min(size, 900) }, () => 'From: a@b.test')),
}

export interface HostileMail {
  name: string
  raw: Buffer
}

const SIZES = [1, 2, 5, 10, 20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 1_000]

/** Each kind in so many of its sizes, the largest last. */
export function* hostileMails(random: Random, sizes: readonly number[] = SIZES): Generator<HostileMail> {
  for (const size of sizes)
    for (const [name, make] of Object.entries(hostileKinds))
      yield { name: `${name} × ${size}`, raw: distinct(Buffer.from(make(size, random)), `${name}-${size}`) }
}

const BASE_BYTES_MAX = 60_000

/** Small hostile mails and ordinary ones, each with a few bytes changed, taken out, doubled or swapped. */
export function* mutatedMails(count: number, random: Random, ordinary: readonly Buffer[]): Generator<HostileMail> {
  const bases = [...[...hostileMails(random, [1, 5, 20])].map(({ raw }) => raw), ...ordinary].filter(
    ({ length }) => length < BASE_BYTES_MAX,
  )
  for (let n = 0; n < count; n++) {
    const base = bases[random.integer(0, bases.length - 1)] ?? Buffer.alloc(0)
    yield { name: `mutation ${n}`, raw: distinct(mutated(base, random), `m${n}`) }
  }
}

function mutated(base: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(base)
  for (let n = random.integer(1, 12); n > 0; n--) {
    const at = random.integer(0, Math.max(bytes.length - 1, 0))
    const end = Math.min(bytes.length, at + random.size(1, 200))
    const piece = bytes.subarray(at, end)
    const ways = [
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]),
      () => Buffer.concat([bytes.subarray(0, end), piece, bytes.subarray(end)]),
      () => Buffer.concat([bytes.subarray(0, at), noise(random.integer(1, 8), random), bytes.subarray(at)]),
      () => Buffer.concat([piece, bytes]),
      () =>
        Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(piece.toString('latin1').toUpperCase(), 'latin1'),
          bytes.subarray(end),
        ]),
      () => bytes.subarray(0, at),
    ]
    bytes = Buffer.from(ways[random.integer(0, ways.length - 1)]?.() ?? bytes)
  }
  return bytes
}

/** Equal mails would be one mail: in front of all of them, so that whatever follows is as hostile as before. */
const distinct = (raw: Buffer, name: string): Buffer =>
  Buffer.concat([Buffer.from(`X-Torture: ${name}\r\nMessage-ID: <${name.replace(/[^\w-]/g, '.')}@evil.test>\r\n`), raw])
