import { connect } from 'node:net'

/** What is asked, of whom, and for how long. */
export interface Load {
  port: number
  connections: number
  warmMs: number
  measuredMs: number
  /** The next request as it goes over the wire. */
  next(): string
  status: number
}

export interface Measured {
  perSecond: number
  p50: number
  p99: number
}

const ANSWER_WITHIN_MS = 15_000

/** Keeps every connection busy with one request at a time. An answer with another status ends it all. */
export async function applyLoad(load: Load): Promise<Measured> {
  const from = performance.now() + load.warmMs
  const until = from + load.measuredMs
  const took: number[] = []
  const onAnswer = (sentAt: number, now: number) => {
    if (now >= from && now < until) took.push(now - sentAt)
    return now < until
  }
  await Promise.all(Array.from({ length: load.connections }, () => converse(load, onAnswer)))
  if (!took.length) throw new Error('nothing was answered in time')
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
  return { perSecond: (took.length * 1_000) / load.measuredMs, p50: at(0.5), p99: at(0.99) }
}

/** One request, and the body of its answer. */
export async function ask({ port, next, status }: Pick<Load, 'port' | 'next' | 'status'>): Promise<string> {
  let body = ''
  await converse({ port, next, status }, (_sentAt, _now, answer) => {
    body = answer()
    return false
  })
  return body
}

type OnAnswer = (sentAt: number, now: number, body: () => string) => boolean

/** One connection: asks until `onAnswer` says that it is enough. */
function converse({ port, next, status }: Pick<Load, 'port' | 'next' | 'status'>, onAnswer: OnAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(next())
    }
    const read = answerReader((answered, body) => {
      if (answered !== status) return fail(`answered ${answered} instead of ${status}: ${body().slice(0, 2_000)}`)
      if (onAnswer(sentAt, performance.now(), body)) return send()
      socket.destroy()
      resolve()
    })
    const fail = (reason: string) => {
      socket.destroy()
      reject(new Error(reason))
    }
    socket.setTimeout(ANSWER_WITHIN_MS, () => fail(`no answer within ${ANSWER_WITHIN_MS} ms`))
    socket.on('connect', send)
    socket.on('data', read)
    socket.on('error', ({ message }) => fail(message))
    socket.on('end', () => fail('the server hung up'))
  })
}

/** Takes one answer after another off a connection; it reads no more of them than status and length. */
function answerReader(onAnswer: (status: number, body: () => string) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let received = 0
  let head: Head | undefined
  return (chunk) => {
    chunks.push(chunk)
    received += chunk.length
    head ??= headOf(chunks.length === 1 ? chunk : Buffer.concat(chunks))
    if (head === undefined || received < head.bytes + head.bodyBytes) return
    const answer = { head, chunks }
    chunks = []
    received = 0
    head = undefined
    onAnswer(answer.head.status, () => Buffer.concat(answer.chunks).subarray(answer.head.bytes).toString())
  }
}

interface Head {
  status: number
  bytes: number
  bodyBytes: number
}

function headOf(received: Buffer): Head | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return
  const text = received.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  if (length === undefined) throw new Error('an answer without Content-Length')
  return { status: Number(text.slice(9, 12)), bytes: end + 4, bodyBytes: Number(length) }
}
