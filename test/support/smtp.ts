import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { MailHeader } from '../../src/domain/mail/schema.ts'

export interface SmtpReply {
  code: number
  /** All lines, without the code. */
  text: string
}

export interface SmtpClient {
  socket: Socket
  /** The next reply; rejects when the peer closes before it. */
  reply(): Promise<SmtpReply>
  /** Sends one line and waits for its reply. */
  say(line: string): Promise<SmtpReply>
  /** Resolves once the peer has closed. */
  closed: Promise<void>
  end(): void
}

/** A bare SMTP client that says whatever it is told, and has read the greeting. */
export async function connectSmtp(port: number, host = '127.0.0.1'): Promise<SmtpClient & { greeting: SmtpReply }> {
  const socket = createConnection(port, host)
  const replies: SmtpReply[] = []
  const waiting: { resolve(reply: SmtpReply): void; reject(error: Error): void }[] = []
  let isClosed = false
  let pending = ''
  let lines: string[] = []

  socket.on('data', (chunk) => {
    const parts = (pending + chunk.toString('latin1')).split('\r\n')
    pending = parts.pop() ?? ''
    for (const line of parts) {
      lines.push(line.slice(4))
      if (line[3] === '-') continue
      const reply = { code: Number(line.slice(0, 3)), text: lines.join('\n') }
      lines = []
      const next = waiting.shift()
      if (next) next.resolve(reply)
      else replies.push(reply)
    }
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true
      for (const { reject } of waiting.splice(0)) reject(new Error('The peer closed the connection'))
      resolve()
    })
  })

  const reply = () =>
    new Promise<SmtpReply>((resolve, reject) => {
      const ready = replies.shift()
      if (ready) resolve(ready)
      else if (isClosed) reject(new Error('The peer closed the connection'))
      else waiting.push({ resolve, reject })
    })
  const say = (line: string) => {
    socket.write(`${line}\r\n`)
    return reply()
  }
  await once(socket, 'connect')
  return { socket, reply, say, closed, end: () => socket.destroy(), greeting: await reply() }
}

/** Bare LF becomes CRLF, and lines that begin with a dot get a second one (RFC 5321 §4.5.2). */
export function dotStuffed(raw: string | Uint8Array): Buffer {
  const text = typeof raw === 'string' ? Buffer.from(raw).toString('latin1') : Buffer.from(raw).toString('latin1')
  return Buffer.from(text.replace(/\r\n|\n/g, '\r\n').replace(/^\./gm, '..'), 'latin1')
}

const CRLF = Buffer.from('\r\n')

export interface Delivery {
  port: number
  /** Empty for the null sender. */
  mailFrom: string
  rcptTo: string | string[]
  raw: string | Uint8Array
}

/** Delivers one mail as a good client does; gives back the reply that settled it, the first refusal or the last 250. */
export async function deliver({ port, mailFrom, rcptTo, raw }: Delivery): Promise<SmtpReply> {
  const client = await connectSmtp(port)
  try {
    const commands = [
      'EHLO client.test',
      `MAIL FROM:<${mailFrom}>`,
      ...[rcptTo].flat().map((to) => `RCPT TO:<${to}>`),
      'DATA',
    ]
    for (const command of client.greeting.code === 220 ? commands : []) {
      const reply = await client.say(command)
      if (reply.code >= 400) return reply
    }
    if (client.greeting.code !== 220) return client.greeting
    const content = dotStuffed(raw)
    client.socket.write(content)
    return await client.say(content.subarray(-2).equals(CRLF) ? '.' : '\r\n.')
  } finally {
    client.end()
  }
}

interface SunkMail {
  envelope: { mailFrom: string; rcptTo: string[] }
  raw: Buffer
  /** In order, names in lower case, folds undone, nothing decoded. */
  headers: MailHeader[]
  header(name: string): string | undefined
}

export interface Sink {
  port: number
  mails: SunkMail[]
  /** Resolves with the mails as soon as there are so many. */
  received(count: number): Promise<SunkMail[]>
  /** What the sink answers from now on: after DATA, or to RCPT. Undefined: it takes everything. */
  answer(reply: { at: 'rcpt' | 'data'; code: number; text: string } | undefined): void
  close(): Promise<void>
}

/** An SMTP server that keeps what it gets: where Kontor's own mail goes in tests. */
export async function startSink(): Promise<Sink> {
  const mails: SunkMail[] = []
  const watchers = new Set<() => void>()
  let answer: { at: 'rcpt' | 'data'; code: number; text: string } | undefined
  const refusalAt = (at: 'rcpt' | 'data') =>
    answer?.at === at ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null

  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    onRcptTo: (_address, _session, reply) => reply(refusalAt('rcpt')),
    async onData(stream, { envelope }, reply) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const refusal = refusalAt('data')
      if (refusal === null) {
        const mailFrom = envelope.mailFrom ? envelope.mailFrom.address : ''
        mails.push(
          sunkMail(
            Buffer.concat(chunks),
            mailFrom,
            envelope.rcptTo.map(({ address }) => address),
          ),
        )
        for (const watch of watchers) watch()
      }
      reply(refusal)
    },
  })
  server.on('error', () => {})
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    mails,
    received: (count) =>
      new Promise((resolve) => {
        const watch = () => {
          if (mails.length < count) return
          watchers.delete(watch)
          resolve(mails)
        }
        watchers.add(watch)
        watch()
      }),
    answer(reply) {
      answer = reply
    },
    close: () =>
      new Promise((resolve) => {
        for (const { _socket } of server.connections) _socket.destroy()
        server.close(resolve)
      }),
  }
}

function sunkMail(raw: Buffer, mailFrom: string, rcptTo: string[]): SunkMail {
  const head = raw.toString('latin1').split('\r\n\r\n', 1)[0] ?? ''
  const headers = head.split(/\r\n(?![ \t])/).map((line) => {
    const [name = '', ...value] = line.replace(/\r\n[ \t]+/g, ' ').split(':')
    return { name: name.toLowerCase(), value: value.join(':').trim() }
  })
  return {
    envelope: { mailFrom, rcptTo },
    raw,
    headers,
    header: (name) => headers.find((header) => header.name === name)?.value,
  }
}
