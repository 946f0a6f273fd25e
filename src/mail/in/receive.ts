import { setTimeout as wait } from 'node:timers/promises'
import { claimInboundMail } from '../../domain/inbound/claim-inbound-mail.ts'
import { failInboundMail } from '../../domain/inbound/fail-inbound-mail.ts'
import { fileMail } from '../../domain/inbound/file-mail.ts'
import { journalMail } from '../../domain/inbound/journal-mail.ts'
import { pendingMails, rawForParsing } from '../../domain/inbound/queries.ts'
import { releaseInboundMail } from '../../domain/inbound/release-inbound-mail.ts'
import type { BlobSource } from '../../kernel/blobs.ts'
import type { Session } from '../../kernel/desk.ts'
import { oneAtATime } from '../../kernel/under-way.ts'
import { createBodyHash } from './body-hash.ts'
import { parseFailure } from './parse-failure.ts'
import type { Parser } from './parser.ts'
import { readMail, SMALL_BYTES_MAX } from './read-mail.ts'
import { writeChunks } from './spool.ts'
import type { SpoolFolder } from './spool-folder.ts'
import { createTurns, createWaitingRoom } from './turns.ts'

/** After so many claims a mail has crashed whoever read it: it is filed unread, with the raw message attached. */
const READINGS_MAX = 3
/** And after so many it is left for a person to look at. */
const CLAIMS_MAX = 6
/** While one mail is in the parser's thread, the next ones are fetched. A kill counts against so many. */
const READINGS_AT_ONCE = 4
/** The database has other things to do. */
const FILINGS_AT_ONCE = 6
/**
 * Accepted mails that are kept in memory until they are filed. When there are so many the next peer waits for its 250: what a kill
 * leaves behind is little. After a while it has it all the same, and the mail waits in the queue.
 */
const AT_HAND_MAX = 32
const ACCEPT_WAIT_MS = 3_000
const AT_HAND_BYTES_MAX = 16_777_216
const RELEASE_MS_MAX = 30_000

export interface ReceiverParts {
  desk: Session
  parser: Parser
  spool: SpoolFolder
  workerId: string
  onError?(error: unknown): void
}

interface ReceivedMail {
  mailFrom: string
  rcptTo: string[]
  peer: string
  size: number
  content: BlobSource
}

export interface Receiver {
  /** The job of a journal row: read the mail in a thread, file it, all or nothing. */
  receive(job: { inboundMailId: string }): Promise<void>
  /** Journals a mail and reads it here at once, without a job; a job where too many wait already. Resolves after the commit. */
  accept(mail: ReceivedMail): Promise<{ ids: string[] }>
  /** From now on all mail goes to the queue. Resolves when what was at hand is filed; what is not in time goes to the queue too. */
  finish(graceMs: number): Promise<void>
}

/** A mail of a worker that runs: its row says so, and if the worker dies whoever comes next adopts it. */
interface AtHand {
  bytes: Uint8Array
  mailFrom: string
}

/** Makes tickets of received mail: several are under way, one after the other in the parser's thread. */
export function createReceiver(parts: ReceiverParts): Receiver {
  const { desk, parser, workerId, onError = () => {} } = parts
  const atHand = new Map<string, AtHand>()
  const underWay = new Set<Promise<unknown>>()
  const fresh = createTurns(READINGS_AT_ONCE)
  const filing = createTurns(FILINGS_AT_ONCE)
  // who was there when a process died is read alone, so that it costs nobody else a claim
  const suspect = createTurns(1)
  const large = createTurns(1)
  const look = createLook(desk)
  const places = createWaitingRoom()
  let placesTaken = 0
  let bytesAtHand = 0
  let finishing = false

  const file = (inboundMailId: string, found: Awaited<ReturnType<typeof readMail>>) =>
    filing(() => desk.execute(fileMail, { inboundMailId, ...found }))
  const fileAtHand = async (inboundMailId: string, { bytes, mailFrom }: AtHand) =>
    file(inboundMailId, await fresh(() => readMail(parser, { bytes }, mailFrom)))
  // A mail is claimed when its turn comes to be read, not before: a claim counts against a mail when the process is killed.
  const claim = async (inboundMailId: string) => {
    const claimed = await desk.execute(claimInboundMail, { inboundMailId, workerId })
    if (!claimed || claimed.attempts <= CLAIMS_MAX) return claimed
    await desk.execute(failInboundMail, { inboundMailId })
    return null
  }
  const read = async (inboundMailId: string) => {
    const claimed = await claim(inboundMailId)
    if (!claimed) return
    const bytes = claimed.raw ?? new Uint8Array()
    return claimed.attempts > READINGS_MAX
      ? unread(bytes, claimed.sha256)
      : readMail(parser, { bytes }, claimed.mailFrom)
  }
  const fileLarge = async (inboundMailId: string) => {
    const claimed = await claim(inboundMailId)
    if (!claimed) return
    const { sha256, size, mailFrom, attempts } = claimed
    const { path: folder, remove } = await parts.spool.make()
    try {
      const { chunks } = await desk.read(rawForParsing, { sha256 })
      const path = `${folder}/raw`
      const bodyHash = createBodyHash()
      const head = await writeChunks(path, chunks, bodyHash.update)
      const raw = { path, folder, size, bodyHash: bodyHash.digest() }
      await file(inboundMailId, attempts > READINGS_MAX ? unread(head, sha256) : await readMail(parser, raw, mailFrom))
    } finally {
      await remove()
    }
  }
  const receive = async (inboundMailId: string): Promise<void> => {
    const given = atHand.get(inboundMailId)
    if (given) return void (await fileAtHand(inboundMailId, given))
    const waiting = await look(inboundMailId)
    if (!waiting) return
    if (waiting.size > SMALL_BYTES_MAX) return large(() => fileLarge(inboundMailId))
    const found = await (waiting.attempts ? suspect : fresh)(() => read(inboundMailId))
    if (found) await file(inboundMailId, found)
  }
  // an adopted mail may have its old job too: that one must not claim it a second time
  const once = oneAtATime(receive)

  /** To the queue, however long the database is away: nobody else knows of this mail while we live. */
  const release = async (inboundMailId: string): Promise<void> => {
    for (let ms = 1_000; ; ms = Math.min(2 * ms, RELEASE_MS_MAX)) {
      try {
        return void (await desk.execute(releaseInboundMail, { inboundMailId, workerId }))
      } catch (error) {
        onError(error)
        await wait(ms, undefined, { ref: false })
      }
    }
  }
  const receiveAtHand = async (inboundMailId: string, mail: AtHand) => {
    atHand.set(inboundMailId, mail)
    try {
      await once(inboundMailId)
    } catch (error) {
      onError(error)
      await release(inboundMailId)
    } finally {
      atHand.delete(inboundMailId)
    }
  }
  const acceptAtHand = async (mail: ReceivedMail, bytes: Uint8Array) => {
    const journalled = desk.execute(journalMail, { ...mail, workerId })
    const ids = journalled.then(
      ({ ids }) => ids,
      () => [],
    )
    // each reading takes the bytes away
    const readings = ids.then((ids) =>
      Promise.all(
        ids.map((id, n) =>
          receiveAtHand(id, { bytes: n < ids.length - 1 ? Uint8Array.from(bytes) : bytes, mailFrom: mail.mailFrom }),
        ),
      ),
    )
    const all = readings.finally(() => {
      underWay.delete(all)
      placesTaken--
      bytesAtHand -= mail.size
      places.wake()
    })
    underWay.add(all)
    return journalled
  }

  return {
    receive: ({ inboundMailId }) => once(inboundMailId),
    async accept(mail) {
      const { content, size } = mail
      if (!('bytes' in content) || finishing) return desk.execute(journalMail, mail)
      const take = () => {
        if (placesTaken >= AT_HAND_MAX || bytesAtHand + size > AT_HAND_BYTES_MAX) return false
        placesTaken++
        bytesAtHand += size
        return true
      }
      const hasPlace = await places.until(take, ACCEPT_WAIT_MS)
      return hasPlace ? acceptAtHand(mail, content.bytes) : desk.execute(journalMail, mail)
    },
    async finish(graceMs) {
      finishing = true
      await Promise.race([Promise.all(underWay), wait(graceMs, undefined, { ref: false })])
      await Promise.all(
        [...atHand.keys()].map((inboundMailId) => desk.execute(releaseInboundMail, { inboundMailId, workerId })),
      )
    },
  }
}

/** The job of a journal row alone. */
export const receiveMail = (parts: ReceiverParts): Receiver['receive'] => createReceiver(parts).receive

/** Whether a mail waits to be read. Those that are asked for in one turn of the event loop share a query. */
function createLook(desk: Session) {
  let asked: { ids: string[]; found: ReturnType<typeof ask> } | undefined
  const ask = async (ids: string[]) => {
    await undefined
    asked = undefined
    return new Map((await desk.read(pendingMails, { ids })).map((row) => [row.id, row]))
  }
  return async (id: string) => {
    if (!asked || asked.ids.length >= IDS_MAX) {
      const ids: string[] = []
      asked = { ids, found: ask(ids) }
    }
    const { ids, found } = asked
    ids.push(id)
    return (await found).get(id)
  }
}
const IDS_MAX = 100

const unread = (head: Uint8Array, contentHash: string) => ({ mail: parseFailure(head, 'parse_failed'), contentHash })
