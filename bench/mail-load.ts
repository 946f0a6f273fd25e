import { connect } from 'node:net'
import type { Measured } from './load.ts'

/** Mail that is handed in, to whom, and for how long. */
export interface MailLoad {
  port: number
  connections: number
  warmMs: number
  measuredMs: number
  /** The next mail: its sender, and its lines as they go over the wire, without the final dot. */
  next(): Letter
  /** How many were committed as rows so far. */
  filed(): Promise<number>
}

export interface Letter {
  from: string
  raw: string
}

const ANSWER_WITHIN_MS = 15_000
const RECIPIENT = 'support@kontor.localhost'
/** As relays do: after so many mails a connection is a new one. */
const MAILS_A_SESSION = 50

/** Keeps every connection busy with one mail at a time. The rate is that of committed rows, the latency that of the last 250. */
export async function applyMailLoad(load: MailLoad): Promise<Measured> {
  const from = performance.now() + load.warmMs
  const until = from + load.measuredMs
  const took: number[] = []
  const isOver = () => performance.now() >= until
  const onSent = (ms: number) => {
    if (performance.now() >= from && !isOver()) took.push(ms)
  }
  const count = async (at: number) => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())))
    return { filed: await load.filed(), at: performance.now() }
  }
  const [first, last] = await Promise.all([
    count(from),
    count(until),
    ...Array.from({ length: load.connections }, async () => {
      while (!isOver()) await converse(load, onSent, isOver)
    }),
  ])
  if (!took.length) throw new Error('no mail was taken in time')
  took.sort((a, b) => a - b)
  const share = (part: number) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0
  return { perSecond: ((last.filed - first.filed) * 1_000) / (last.at - first.at), p50: share(0.5), p99: share(0.99) }
}

/** One mail, and nothing about it but that it was taken. */
export async function handIn({ port, next }: Pick<MailLoad, 'port' | 'next'>): Promise<void> {
  let sent = 0
  await converse(
    { port, next },
    () => {
      sent++
    },
    () => sent > 0,
  )
}

/** One session: MAIL, RCPT and DATA leave together (RFC 2920), the mail follows its 354. Any other answer ends it all. */
function converse(
  { port, next }: Pick<MailLoad, 'port' | 'next'>,
  onSent: (ms: number) => void,
  isOver: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let letter = next()
    let begunAt = 0
    let sent = 0
    let text = ''
    const begin = () => {
      begunAt = performance.now()
      socket.write(`MAIL FROM:<${letter.from}>\r\nRCPT TO:<${RECIPIENT}>\r\nDATA\r\n`)
    }
    const end = () => {
      socket.end('QUIT\r\n')
      socket.destroy()
      resolve()
    }
    const steps: Record<string, () => void> = {
      '220': () => socket.write('EHLO bench\r\n'),
      greeted: begin,
      '354': () => socket.write(`${letter.raw}\r\n.\r\n`),
      sent() {
        onSent(performance.now() - begunAt)
        if (isOver() || ++sent >= MAILS_A_SESSION) return end()
        letter = next()
        begin()
      },
    }
    // the 250s of EHLO, MAIL, RCPT and of the mail, in their turn
    const turns = ['greeted', '', '', 'sent']
    let turn = 0
    const take = (line: string) => {
      const code = line.slice(0, 3)
      if (line[3] === '-') return
      const step = code === '250' ? turns[turn] : code
      if (code === '250') turn = turn === 3 ? 1 : turn + 1
      if (step === undefined || (step && !steps[step])) return fail(`answered ${line}`)
      steps[step]?.()
    }
    const fail = (reason: string) => {
      socket.destroy()
      reject(new Error(reason))
    }
    socket.setEncoding('latin1')
    socket.setTimeout(ANSWER_WITHIN_MS, () => fail(`no answer within ${ANSWER_WITHIN_MS} ms`))
    socket.on('data', (chunk) => {
      const lines = (text + chunk).split('\r\n')
      text = lines.pop() ?? ''
      for (const line of lines) take(line)
    })
    socket.on('error', ({ message }) => fail(message))
    socket.on('end', () => fail('the server hung up'))
  })
}
