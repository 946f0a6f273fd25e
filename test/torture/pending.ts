import { setTimeout as wait } from 'node:timers/promises'
import { openHome } from '../support/process.ts'
import { delaysOf, type KillParts, longestOf, startsOf, type TortureResult } from './kill.ts'
import { beginLife } from './life.ts'
import { makeMails } from './mails.ts'
import { randomFrom } from './random.ts'
import { relayMails } from './relay.ts'
import { readAll } from './target.ts'

const CONNECTIONS = 16
const DELAY_MS_MAX = 400

/** Killed as soon as the last mail has its 250, again and again: before a mail is handed to the queue, while it is there, while it is read. */
export async function pendingRun({ mails, kills, seed, database }: KillParts): Promise<TortureResult> {
  const home = await openHome(database)
  const end = new AbortController()
  try {
    const random = randomFrom(seed)
    const life = await beginLife(home, end.signal, [])
    const { target } = life
    for (let round = 0; round < kills; round++) {
      const letters = makeMails(mails, random, `p${seed.toString(36)}r${round}`)
      await relayMails({ target, mails: letters, connections: CONNECTIONS, onDelivered: () => {} })
      // the first kill comes at once, later ones somewhere on the way to the ticket
      if (round) await wait(random.integer(0, DELAY_MS_MAX))
      await life.kill()
      await Promise.all(life.waits)
    }
    const waits = await Promise.all(life.waits)
    const tickets = await readAll<{ subject: string }>(target, '/tickets')
    const rows = await readAll<{ state: string; verdict: string }>(target, '/mail/inbound')
    const undone = rows.filter(({ state }) => state !== 'done').length
    return {
      figures: `${kills} times ${mails} mails; ${startsOf(life)}; ${longestOf(waits)}`,
      violations: [
        ...delaysOf(waits),
        ...(undone ? [`${undone} mails are not done`] : []),
        ...(rows.length === mails * kills ? [] : [`${mails * kills} mails made ${rows.length} rows`]),
        ...(new Set(tickets.map(({ subject }) => subject)).size === tickets.length ? [] : ['a mail made two tickets']),
      ],
    }
  } finally {
    end.abort()
    await home.close()
  }
}
