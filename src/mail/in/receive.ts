import { rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Journalled } from '../../domain/inbound/journaling.ts'
import { returnInboundMail } from '../../domain/inbound/return-inbound-mail.ts'
import type { BlobSource } from '../../kernel/blobs.ts'
import { oneAtATime } from '../../kernel/under-way.ts'
import { createAtOnce } from './at-once.ts'
import { type AtHand, createFiling, type FilingParts } from './file-journalled.ts'
import { createJournal } from './journal.ts'
import type { ReadMail } from './read-mail.ts'
import { createWaitingRoom } from './turns.ts'

/**
 * Accepted mails that are kept until they are filed. When there are so many the next peer waits for its 250: what a kill leaves
 * behind is little. After a while it has it all the same, and the mail waits in the queue.
 */
const AT_HAND_MAX = 32
const AT_HAND_BYTES_MAX = 16_777_216
const ACCEPT_WAIT_MS = 3_000
const RELEASE_MS = 1_000
const RELEASE_MS_MAX = 30_000

export interface ReceiverParts extends FilingParts {
  onError?(error: unknown): void
}

type Rows = Journalled['journalled']

interface ReceivedMail {
  mailFrom: string
  rcptTo: string[]
  peer: string
  size: number
  /** A file is taken away, unless it goes to the queue. */
  content: BlobSource
}

interface OwnMail extends ReceivedMail {
  /** Where its reading has begun. */
  reading: Promise<ReadMail> | undefined
}

export interface Receiver {
  /** The job of a journal row: read the mail in a thread, file it, all or nothing. */
  receive(job: { inboundMailId: string }): Promise<void>
  /**
   * Takes a mail in and reads it here at once, without a job; a job where too many wait already. Resolves after the commit of its journal
   * row; where the mail is small that is the commit of what became of it, too.
   */
  accept(mail: ReceivedMail): Promise<{ ids: string[] }>
  /** From now on all mail goes to the queue. Resolves when what was at hand is filed; what is not in time goes to the queue too. */
  finish(graceMs: number): Promise<void>
}

/** Makes tickets of received mail: several are under way, one after the other in the parser's thread. */
export function createReceiver(parts: ReceiverParts): Receiver {
  const { desk, parser, spool, workerId, onError = () => {} } = parts
  const { fileAtHand, fileFromJournal } = createFiling(parts)
  const atHand = new Map<string, AtHand>()
  const underWay = new Set<Promise<void>>()
  const places = createPlaces()
  const journal = createJournal(desk)
  const fileAtOnce = createAtOnce({ desk, parser, onError })
  let finishing = false

  // an adopted mail may have its old job too: that one must not claim it a second time
  const once = oneAtATime((id) => {
    const mail = atHand.get(id)
    return mail ? fileAtHand(id, mail) : fileFromJournal(id)
  })
  /** To the queue, however long the database is away: nobody else knows of this mail while we live. */
  const release = async (inboundMailId: string): Promise<void> => {
    for (let ms = RELEASE_MS; ; ms = Math.min(2 * ms, RELEASE_MS_MAX)) {
      try {
        return void (await desk.execute(returnInboundMail, { inboundMailId, workerId }))
      } catch (error) {
        onError(error)
        await wait(ms, undefined, { ref: false })
      }
    }
  }
  const fileOne = async (id: string, mail: AtHand): Promise<void> => {
    atHand.set(id, mail)
    try {
      await once(id)
    } catch (error) {
      onError(error)
      await release(id)
    } finally {
      atHand.delete(id)
    }
  }
  const fileAll = async (journalled: Rows, { content, size, mailFrom, peer, reading }: OwnMail) => {
    const mails = journalled.map(({ id, ...envelope }) => ({
      id,
      size,
      envelope: { ...envelope, mailFrom, peer, isReleased: false },
    }))
    const [only] = mails
    if (reading && only) return fileOne(only.id, { ...only, content: { reading } })
    if ('bytes' in content) {
      // reading takes the bytes away
      const own = mails.map((mail, n) => ({ ...mail, bytes: n ? Uint8Array.from(content.bytes) : content.bytes }))
      await Promise.all(own.map(({ id, bytes, ...mail }) => fileOne(id, { ...mail, content: { bytes } })))
      return
    }
    const folder = dirname(content.path)
    for (const { id, ...mail } of mails) await fileOne(id, { ...mail, content: { folder } })
  }
  /** A large mail's file is ours from here on: whoever received it removes what it finds there. */
  const takeOver = async (mail: OwnMail): Promise<{ mail: OwnMail; remove(): Promise<void> }> => {
    if ('bytes' in mail.content) return { mail, remove: async () => {} }
    const { path: folder, remove } = await spool.make()
    const path = join(folder, 'raw')
    await rename(mail.content.path, path)
    return { mail: { ...mail, content: { path } }, remove }
  }
  const fileOrRelease = async (journalled: Rows, mail: OwnMail): Promise<void> => {
    try {
      await fileAll(journalled, mail)
    } catch (error) {
      onError(error)
      await Promise.all(journalled.map(({ id }) => release(id)))
    }
  }

  return {
    receive: ({ inboundMailId }) => once(inboundMailId),

    async accept(mail) {
      const bytes = 'bytes' in mail.content ? mail.size : 0
      if (finishing || !(await places.take(bytes))) return journal(mail)
      const tried = await fileAtOnce(mail)
      if ('ids' in tried || finishing) {
        places.free(bytes)
        return 'ids' in tried ? tried : journal(mail)
      }
      const { mail: own, remove } = await takeOver({ ...mail, ...tried }).catch((error) => {
        places.free(bytes)
        throw error
      })
      const { reading: _, ...arrived } = own
      const journalled = journal({ ...arrived, workerId })
      const filed = journalled
        .then(
          ({ journalled }) => fileOrRelease(journalled, own),
          () => {}, // a failure is the peer's to hear
        )
        .then(remove)
        .catch(onError)
        .finally(() => {
          underWay.delete(filed)
          places.free(bytes)
        })
      underWay.add(filed)
      return journalled
    },

    async finish(graceMs) {
      finishing = true
      await Promise.race([Promise.all(underWay), wait(graceMs, undefined, { ref: false })])
      const left = [...atHand.keys()]
      await Promise.all(left.map((inboundMailId) => desk.execute(returnInboundMail, { inboundMailId, workerId })))
    },
  }
}

/** The job of a journal row alone. */
export const receiveMail = (parts: ReceiverParts): Receiver['receive'] => createReceiver(parts).receive

/** So many mails at hand, with so many bytes; whoever comes too many waits a while, and then has no place. */
function createPlaces() {
  const room = createWaitingRoom()
  let taken = 0
  let bytesTaken = 0
  return {
    take: (bytes: number) =>
      room.until(() => {
        if (taken >= AT_HAND_MAX || bytesTaken + bytes > AT_HAND_BYTES_MAX) return false
        taken++
        bytesTaken += bytes
        return true
      }, ACCEPT_WAIT_MS),
    free(bytes: number) {
      taken--
      bytesTaken -= bytes
      room.wake()
    },
  }
}
