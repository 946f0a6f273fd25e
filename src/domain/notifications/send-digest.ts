import type { PersonActor } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { dueIn } from '../../kernel/due.ts'
import { newId } from '../../kernel/ids.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { digestSubject } from '../outbound/letters.ts'
import { queueMail } from '../outbound/queueing.ts'
import { digestsDue, letNoticesGo, lockDue, readerOf, takeNotices } from './digests.ts'

/** People whose digest is due. */
export const dueDigests = dueIn({ name: 'dueDigests', group: 'notifications' }, digestsDue)

/**
 * Queues somebody's digest when it is due: one mail of all that waits for it, is unread, and is about tickets that they see; no mail where
 * nothing is left. The mail and what stands in it are one transaction under the lock of the person, so that a notice is told once, whoever
 * else is at it or is killed. Answers whether there was anything to do. Internal.
 */
export const sendDigest = defineCommand({
  name: 'sendDigest',
  group: 'notifications',
  input: Closed({ personId: Id() }),

  async subject({ tx }, { personId }) {
    const [isDue, reader] = await Promise.all([lockDue(tx, personId), readerOf(tx, personId)])
    return { isDue, reader }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { personId }, { isDue, reader }): Promise<{ found: boolean }> {
    if (!isDue) return { found: false }
    if (reader) await queueDigest(context, reader)
    else await letNoticesGo(context, personId)
    return { found: true }
  },
})

/** What it says is put together when it is sent, from the notices that stand in it. */
async function queueDigest(context: CommandContext, to: PersonActor): Promise<void> {
  const id = newId('oum')
  const taken = await takeNotices(context, to, id)
  if (!taken) return
  const subject = digestSubject(taken)
  const reason = `${subject}, as ${to.email} wishes`
  queueMail(context, { id, ticketId: null, kind: 'digest', messageId: null, to, subject, reason, eventId: null })
}
