import type { Random } from './random.ts'

export interface Mail {
  /** Stands in its subject and its body, and nowhere else. */
  canary: string
  from: string
  raw: Buffer
}

/** One in so many is large, has a file, or answers an earlier one. */
const LARGE_EVERY = 100
const FILE_EVERY = 5
const ANSWER_EVERY = 8
const SENDERS = 40
const KIB = 1_024
const LINE = 'The quick brown fox jumps over the lazy dog, and nobody knows why.\r\n'

/** Mails of 1 to 200 KiB, a few of 2 MiB, from senders who write more than once. */
export function makeMails(count: number, random: Random, run: string): Mail[] {
  const seeds = Array.from({ length: count }, (_, n) => ({ n, sender: random.integer(1, SENDERS) }))
  return seeds.map(({ n, sender }) => {
    const canary = `${run}-m${n}-`
    const from = `sender${sender}@example.com`
    const earlier = n % ANSWER_EVERY === 0 ? seeds.slice(0, n).findLast((mail) => mail.sender === sender) : undefined
    const isLarge = n % LARGE_EVERY === LARGE_EVERY / 2
    const bytes = isLarge ? 2 * KIB * KIB : random.size(KIB, 200 * KIB)
    const head = [
      `From: Sender ${sender} <${from}>`,
      'To: support@kontor.localhost',
      `Subject: ${earlier ? 'Re: ' : ''}Canary ${canary}`,
      `Message-ID: <${canary}@mail.example.com>`,
      ...(earlier ? [`In-Reply-To: <${run}-m${earlier.n}-@mail.example.com>`] : []),
      'Date: Sun, 22 Nov 2026 06:00:00 +0000',
      'MIME-Version: 1.0',
    ]
    const raw = isLarge || n % FILE_EVERY === 0 ? withFile(head, canary, bytes) : plain(head, canary, bytes)
    return { canary, from, raw: Buffer.from(raw) }
  })
}

const plain = (head: string[], canary: string, bytes: number): string =>
  [...head, 'Content-Type: text/plain; charset=utf-8', '', canary, LINE.repeat(Math.ceil(bytes / LINE.length))].join(
    '\r\n',
  )

function withFile(head: string[], canary: string, bytes: number): string {
  const file = Buffer.from(`${canary}${LINE.repeat(Math.ceil((bytes * 3) / 4 / LINE.length))}`).toString('base64')
  return [
    ...head,
    'Content-Type: multipart/mixed; boundary="edge"',
    '',
    '--edge',
    'Content-Type: text/plain; charset=utf-8',
    '',
    canary,
    '--edge',
    'Content-Type: application/octet-stream; name="dump.bin"',
    'Content-Disposition: attachment; filename="dump.bin"',
    'Content-Transfer-Encoding: base64',
    '',
    ...(file.match(/.{1,76}/g) ?? []),
    '--edge--',
    '',
  ].join('\r\n')
}
