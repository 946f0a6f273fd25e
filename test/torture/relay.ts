import { setTimeout as wait } from 'node:timers/promises'
import { connectSmtp, dotStuffed, type SmtpClient, type SmtpReply } from '../support/smtp.ts'
import type { Mail } from './mails.ts'
import type { Target } from './target.ts'

interface Delivered {
  mail: Mail
  /** The journal's id, as the 250 told it. */
  inboundMailId: string
}

export interface RelayResult {
  delivered: Delivered[]
  /** Deliveries that ended without a 250. */
  retries: number
  /** Refused for good: a relay would bounce them. */
  bounced: string[]
}

export interface RelayParts {
  target: Target
  mails: readonly Mail[]
  connections: number
  onDelivered(): void
}

const MAILS_A_SESSION = 20
const DEFERRED_MS = 250

/** Hands in mail as Postfix does: keeps each until it sees its 250, and tries the same bytes again after a 4xx or a broken connection. */
export async function relayMails({ target, mails, connections, onDelivered }: RelayParts): Promise<RelayResult> {
  const queue = [...mails]
  const result: RelayResult = { delivered: [], retries: 0, bounced: [] }
  const work = async () => {
    const line = openLine(target)
    for (let mail = queue.shift(); mail && !target.signal.aborted; mail = queue.shift()) {
      const reply = await line.send(mail)
      if (reply && reply.code >= 500) result.bounced.push(`${mail.canary} ${reply.code} ${reply.text}`)
      else if (reply && reply.code < 400) {
        result.delivered.push({ mail, inboundMailId: /queued as (\w+)/.exec(reply.text)?.[1] ?? '' })
        onDelivered()
      } else {
        result.retries++
        queue.push(mail)
        await wait(DEFERRED_MS)
      }
    }
    line.end()
  }
  await Promise.all(Array.from({ length: connections }, work))
  return result
}

/** One connection after another. */
function openLine(target: Target) {
  let session: SmtpClient | undefined
  let sent = 0
  const end = () => {
    session?.end()
    session = undefined
  }
  return {
    end,
    /** The reply that settled it; undefined when the connection broke before. */
    async send(mail: Mail): Promise<SmtpReply | undefined> {
      try {
        session ??= await openSession(target)
        const reply = await hand(session, mail)
        if (reply.code !== 250 || ++sent % MAILS_A_SESSION === 0) end()
        return reply
      } catch {
        end()
        return undefined
      }
    },
  }
}

async function openSession(target: Target): Promise<SmtpClient> {
  const { smtpPort } = await target.service()
  const session = await connectSmtp(smtpPort)
  if (session.greeting.code !== 220) throw new Error(session.greeting.text)
  await session.say('EHLO relay.example.com')
  return session
}

async function hand(session: SmtpClient, { from, raw }: Mail): Promise<SmtpReply> {
  for (const line of [`MAIL FROM:<${from}>`, 'RCPT TO:<support@kontor.localhost>', 'DATA']) {
    const reply = await session.say(line)
    if (reply.code >= 400) return reply
  }
  session.socket.write(dotStuffed(raw))
  return session.say('.')
}
