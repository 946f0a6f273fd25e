import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import type { Random } from './random.ts'

/** How often it misbehaves, as shares of what it is asked. */
export interface Faults {
  /** Recipients that it takes later (450). */
  later: number
  /** Recipients that it never takes (550). */
  never: number
  /** Mails that it has taken, and hangs up instead of saying so. */
  dropped: number
}

export interface FaultyRelay {
  port: number
  /** The Message-ID of each mail that it has taken, in order; one that was sent twice stands here twice. */
  taken: string[]
  drops(): number
  close(): Promise<void>
}

/** A relay as they are on bad days. */
export async function startFaultyRelay(faults: Faults, random: Random): Promise<FaultyRelay> {
  const taken: string[] = []
  let drops = 0
  const refuse = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    hideSTARTTLS: true,
    disableReverseLookup: true,
    logger: false,
    onRcptTo(_address, _session, reply) {
      const draw = random.next()
      if (draw < faults.later) reply(refuse(450, '4.2.1 later'))
      else if (draw < faults.later + faults.never) reply(refuse(550, '5.1.1 never'))
      else reply()
    },
    async onData(stream, session, reply) {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of stream) chunks.push(chunk)
      } catch {
        return // whoever sent it was killed in the middle of it
      }
      taken.push(/^message-id: *<([^>]+)>/im.exec(Buffer.concat(chunks).toString('latin1'))?.[1] ?? '')
      if (random.next() >= faults.dropped) return reply()
      drops++
      for (const connection of server.connections) if (connection.session === session) connection._socket.destroy()
    },
  })
  server.on('error', () => {}) // whoever was killed hung up
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    taken,
    drops: () => drops,
    close: () =>
      new Promise((resolve) => {
        for (const { _socket } of server.connections) _socket.destroy()
        server.close(resolve)
      }),
  }
}
