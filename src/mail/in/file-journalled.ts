import { join } from 'node:path'
import { claimInboundMail } from '../../domain/inbound/claim-inbound-mail.ts'
import { failInboundMail } from '../../domain/inbound/fail-inbound-mail.ts'
import { fileMail } from '../../domain/inbound/file-mail.ts'
import { pendingMails, rawForParsing } from '../../domain/inbound/queries.ts'
import type { Envelope } from '../../domain/inbound/schema.ts'
import type { Session } from '../../kernel/desk.ts'
import { parseFailure } from './parse-failure.ts'
import type { Parser } from './parser.ts'
import { type ReadMail, readMail, SMALL_BYTES_MAX } from './read-mail.ts'
import { writeChunks } from './spool.ts'
import type { SpoolFolder } from './spool-folder.ts'
import { createTurns } from './turns.ts'

/** After so many claims a mail has crashed whoever read it: it is filed unread, with the raw message attached. */
const READINGS_MAX = 3
/** And after so many it is left for a person to look at. */
const CLAIMS_MAX = 6
/** While one mail is in the parser's thread, the next ones are fetched. A kill counts against so many. */
const READINGS_AT_ONCE = 4
/** Those at hand have no claim to count. */
const READINGS_AT_HAND = 8
/** The database has other things to do. */
const FILINGS_AT_ONCE = 6

export interface FilingParts {
  desk: Session
  parser: Parser
  spool: SpoolFolder
  workerId: string
}

/** A journalled mail that need not be fetched: its bytes, what is being read of them, or `raw` in a folder of its own, which whoever made it removes. */
export interface AtHand {
  content: { bytes: Uint8Array } | { reading: Promise<ReadMail> } | { folder: string }
  size: number
  envelope: Envelope
}

/** Makes of journalled mail what it is to be, each all or nothing: from what is at hand, or from the journal. */
export function createFiling({ desk, parser, spool, workerId }: FilingParts) {
  const fresh = createTurns(READINGS_AT_ONCE)
  const atHand = createTurns(READINGS_AT_HAND)
  const filing = createTurns(FILINGS_AT_ONCE)
  // who was there when a process died is read alone, so that it costs nobody else a claim
  const suspect = createTurns(1)
  const large = createTurns(1)
  const look = createLook(desk)

  const file = async (inboundMailId: string, envelope: Envelope, found: ReadMail): Promise<void> => {
    await filing(() => desk.execute(fileMail, { inboundMailId, envelope, ...found }))
  }
  // A mail is claimed when its turn comes to be read, not before: a claim counts against a mail when the process is killed.
  const claim = async (inboundMailId: string) => {
    const claimed = await desk.execute(claimInboundMail, { inboundMailId, workerId })
    if (!claimed || claimed.attempts <= CLAIMS_MAX) return claimed
    await desk.execute(failInboundMail, { inboundMailId })
    return null
  }
  const readSmall = async (inboundMailId: string) => {
    const claimed = await claim(inboundMailId)
    if (!claimed) return
    const { raw, sha256, attempts, mailFrom } = claimed
    const bytes = raw ?? new Uint8Array()
    const found = attempts > READINGS_MAX ? unread(bytes, sha256) : await readMail(parser, { bytes }, mailFrom)
    return { found, envelope: envelopeOf(claimed) }
  }
  const fileLarge = async (inboundMailId: string): Promise<void> => {
    const claimed = await claim(inboundMailId)
    if (!claimed) return
    const { sha256, size, mailFrom, attempts } = claimed
    const { path: folder, remove } = await spool.make()
    try {
      const { chunks } = await desk.read(rawForParsing, { sha256 })
      const head = await writeChunks(join(folder, 'raw'), chunks)
      const isRead = attempts <= READINGS_MAX
      const found = isRead ? await readMail(parser, { folder, size }, mailFrom) : unread(head, sha256)
      await file(inboundMailId, envelopeOf(claimed), found)
    } finally {
      await remove()
    }
  }

  return {
    /** A mail whose row says that this worker has it. */
    async fileAtHand(inboundMailId: string, { content, size, envelope }: AtHand): Promise<void> {
      const { mailFrom } = envelope
      if ('reading' in content) return file(inboundMailId, envelope, await content.reading)
      if ('bytes' in content)
        return file(inboundMailId, envelope, await atHand(() => readMail(parser, content, mailFrom)))
      const { folder } = content
      await large(async () => file(inboundMailId, envelope, await readMail(parser, { folder, size }, mailFrom)))
    },
    /** Whoever comes second does nothing. */
    async fileFromJournal(inboundMailId: string): Promise<void> {
      const waiting = await look(inboundMailId)
      if (!waiting) return
      if (waiting.size > SMALL_BYTES_MAX) return large(() => fileLarge(inboundMailId))
      const read = await (waiting.attempts ? suspect : fresh)(() => readSmall(inboundMailId))
      if (read) await file(inboundMailId, read.envelope, read.found)
    },
  }
}

const LOOK_MAX = 100

/** Whether a mail waits to be read. Those that are asked for in one turn of the event loop share a query. */
function createLook(desk: Session) {
  let asked: { ids: string[]; found: ReturnType<typeof ask> } | undefined
  const ask = async (ids: string[]) => {
    await undefined
    asked = undefined
    return new Map((await desk.read(pendingMails, { ids })).map((row) => [row.id, row]))
  }
  return async (id: string) => {
    if (!asked || asked.ids.length >= LOOK_MAX) {
      const ids: string[] = []
      asked = { ids, found: ask(ids) }
    }
    const { ids, found } = asked
    ids.push(id)
    return (await found).get(id)
  }
}

const envelopeOf = ({ mailboxId, mailFrom, rcptTo, peer, isReleased }: Envelope): Envelope => ({
  mailboxId,
  mailFrom,
  rcptTo,
  peer,
  isReleased,
})

const unread = (head: Uint8Array, contentHash: string): ReadMail => ({
  mail: parseFailure(head, 'parse_failed'),
  contentHash,
})
