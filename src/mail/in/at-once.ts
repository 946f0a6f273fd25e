import { acceptMail } from '../../domain/inbound/accept-mail.ts'
import type { Session } from '../../kernel/desk.ts'
import type { Parser } from './parser.ts'
import { type ReadMail, readMail } from './read-mail.ts'
import { createTurns } from './turns.ts'

/** As large as mails that go into the parser's thread together. */
const BYTES_MAX = 65_536
/** What takes longer to read is journalled first. */
const READING_MS_MAX = 3_000
/** Most share connections and commits; one with attachments has a transaction of its own, and the database has other things to do. */
const SHARING_MAX = 16
const ALONE_MAX = 6

interface Parts {
  desk: Session
  parser: Parser
  onError(error: unknown): void
}

interface Received {
  mailFrom: string
  rcptTo: readonly string[]
  peer: string
  content: { bytes: Uint8Array } | { path: string }
}

/** Filed, and its row in the journal; or not: then it has to be journalled, and may be read already. */
type AtOnce = { ids: string[] } | { reading: Promise<ReadMail> | undefined }

/**
 * Reads a small mail to one recipient before it is journalled, so that its row and what becomes of it are one commit (ADR 23). It
 * never rejects: whatever goes wrong, the mail is one like any other, to be journalled first.
 */
export function createAtOnce({ desk, parser, onError }: Parts): (mail: Received) => Promise<AtOnce> {
  const sharing = createTurns(SHARING_MAX)
  const alone = createTurns(ALONE_MAX)

  return async ({ content, rcptTo: [recipient, ...others], mailFrom, peer }) => {
    if (!('bytes' in content) || content.bytes.length > BYTES_MAX || recipient === undefined || others.length)
      return { reading: undefined }
    // the thread takes the bytes that it is given
    const reading = readMail(parser, { bytes: Uint8Array.from(content.bytes) }, mailFrom)
    const rcptTo = recipient.toLowerCase()
    try {
      const read = await within(READING_MS_MAX, reading)
      if (!read) return { reading }
      const turns = read.mail.attachments.length ? alone : sharing
      const { id } = await turns(() => desk.execute(acceptMail, { mailFrom, rcptTo, peer, content, ...read }))
      return { ids: [id] }
    } catch (error) {
      onError(error)
      return { reading }
    }
  }
}

/** What a promise comes to within that time. */
const within = <T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, undefined)
    void promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
