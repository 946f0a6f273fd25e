import type { Static } from 'typebox'
import { journalMail } from '../../domain/inbound/journal-mail.ts'
import { journalMails } from '../../domain/inbound/journal-mails.ts'
import type { Journalled } from '../../domain/inbound/journaling.ts'
import { JOURNALLED_AT_ONCE_MAX, type JournalMail } from '../../domain/inbound/schema.ts'
import type { Session } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'

type Mail = Static<typeof JournalMail>

/** Mails of so many bytes share a transaction; a larger one has its own. */
const BATCH_BYTES_MAX = 1_048_576
/** While this many commit the next ones gather. */
const BATCHES_UNDER_WAY_MAX = 1

interface Waiting {
  mail: Mail
  resolve(journalled: Journalled): void
  reject(error: unknown): void
}

/**
 * Journals accepted mail. Nobody waits for company: who comes while others commit shares the next transaction, since a commit costs
 * as much for ten mails as for one. Where a shared one is refused, each mail is tried alone, so that none suffers from another.
 */
export function createJournal(desk: Session): (mail: Mail) => Promise<Journalled> {
  const waiting: Waiting[] = []
  let underWay = 0

  const alone = ({ mail, resolve, reject }: Waiting) => desk.execute(journalMail, mail).then(resolve, reject)
  const write = async (batch: Waiting[]): Promise<void> => {
    const [only] = batch
    if (only && batch.length === 1) return alone(only)
    try {
      const journalled = await desk.execute(journalMails, { mails: batch.map(({ mail }) => mail) })
      for (const [n, one] of journalled.entries()) batch[n]?.resolve(one)
    } catch (error) {
      if (isRefused(error)) await Promise.all(batch.map(alone))
      else for (const { reject } of batch) reject(error)
    }
  }
  const next = () => {
    while (waiting.length && underWay < BATCHES_UNDER_WAY_MAX) {
      underWay++
      void write(takeBatch(waiting)).finally(() => {
        underWay--
        next()
      })
    }
  }

  return (mail) => {
    if (!('bytes' in mail.content) || mail.size > BATCH_BYTES_MAX) return desk.execute(journalMail, mail)
    return new Promise((resolve, reject) => {
      waiting.push({ mail, resolve, reject })
      next()
    })
  }
}

function takeBatch(waiting: Waiting[]): Waiting[] {
  let bytes = 0
  const over = waiting.findIndex(({ mail }, n) => {
    bytes += mail.size
    return n > 0 && (n >= JOURNALLED_AT_ONCE_MAX || bytes > BATCH_BYTES_MAX)
  })
  return waiting.splice(0, over < 0 ? waiting.length : over)
}

/** Something in one of them (SQLSTATE classes 22 and 23). Whether anything else was committed nobody knows: their peers try again. */
const isRefused = (error: unknown): boolean =>
  error instanceof Problem || (error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code)))
