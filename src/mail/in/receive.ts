import { createHash } from 'node:crypto'
import { claimInboundMail } from '../../domain/inbound/claim-inbound-mail.ts'
import { failInboundMail } from '../../domain/inbound/fail-inbound-mail.ts'
import { fileMail } from '../../domain/inbound/file-mail.ts'
import { rawForParsing } from '../../domain/inbound/queries.ts'
import type { InboundMail } from '../../domain/mail/schema.ts'
import type { Session } from '../../kernel/desk.ts'
import { oneAtATime } from '../../kernel/under-way.ts'
import { classify } from './classify.ts'
import { parseFailure } from './parse-failure.ts'
import type { Parser } from './parser.ts'

/** After so many claims a mail has crashed whoever read it: it is filed unread, with the raw message attached. */
const READINGS_MAX = 3
/** And after so many it is left for a person to look at. */
const CLAIMS_MAX = 6

export interface ReceiverParts {
  desk: Session
  parser: Parser
  workerId: string
}

/** While one mail is in the parser's thread, the next is fetched. */
const READINGS_AT_ONCE = 2

/** The job of a journal row: read the mail in a thread, file it, all or nothing. */
export function receiveMail({ desk, parser, workerId }: ReceiverParts) {
  const inTurn = createTurns(READINGS_AT_ONCE)

  // A mail is claimed when its turn comes to be read, not before: a claim counts against a mail when the process is killed.
  const read = async (inboundMailId: string) => {
    const claimed = await desk.execute(claimInboundMail, { inboundMailId, workerId })
    if (!claimed) return
    if (claimed.attempts > CLAIMS_MAX) {
      await desk.execute(failInboundMail, { inboundMailId })
      return
    }
    const raw = await desk.read(rawForParsing, { sha256: claimed.sha256 })
    return claimed.attempts > READINGS_MAX ? unread(raw) : readMail(parser, raw, claimed.mailFrom)
  }
  const receive = async (inboundMailId: string) => {
    const found = await inTurn(() => read(inboundMailId))
    if (found) await desk.execute(fileMail, { inboundMailId, ...found })
  }

  // an adopted mail may have its old job too: that one must not claim it a second time
  const once = oneAtATime(receive)
  return ({ inboundMailId }: { inboundMailId: string }): Promise<void> => once(inboundMailId)
}

/** Lets so many work at once, and the others in the order in which they came. */
function createTurns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = atOnce
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const go = waiting.shift()
      // whoever goes next has this place
      if (go) go()
      else free++
    }
  }
}

const unread = (raw: Buffer) => ({
  mail: parseFailure(raw, 'parse_failed'),
  contentHash: createHash('sha256').update(raw).digest('hex'),
})

/** A raw message as a plain value, with the hash of what makes it itself. `mailFrom` undefined: Return-Path stands in. */
export async function readMail(
  parser: Parser,
  raw: Buffer,
  mailFrom: string | undefined,
): Promise<{ mail: InboundMail; contentHash: string }> {
  const body = createHash('sha256').update(bodyOf(raw)).digest('hex')
  const parsed = await parser.parse(raw)
  const automation = classify({ ...parsed, from: parsed.from?.address ?? null, mailFrom })
  const mail = storable({ ...parsed, ...automation })
  const { from, date, subject, messageId } = mail
  const contentHash = createHash('sha256')
    .update(JSON.stringify([from?.address ?? '', date, subject, messageId, body]))
    .digest('hex')
  return { mail, contentHash }
}

/** What follows the header block: trace headers change from delivery to delivery, the body does not. */
function bodyOf(raw: Buffer): Buffer {
  const crlf = raw.indexOf('\r\n\r\n')
  const lf = raw.indexOf('\n\n')
  const end = crlf >= 0 && (lf < 0 || crlf < lf) ? crlf + 4 : lf >= 0 ? lf + 2 : raw.length
  return raw.subarray(end)
}

const LIST_MAX = 1_000

/** Postgres keeps no NUL and JSON no half of a surrogate pair: a mail is never refused for one. */
function storable<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed() as T
  if (value instanceof Uint8Array || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(storable) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, storable(member)])) as T // the same members
}
