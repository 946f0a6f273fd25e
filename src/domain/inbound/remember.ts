import { normaliseAddress } from '../../kernel/address.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { InboundMail } from '../mail/schema.ts'
import { isOurs } from '../mailboxes/recipient.ts'
import type { Filing } from './decide.ts'
import { answeredIds, CORRESPONDENTS_MAX } from './store.ts'
import { correspondents, mailReferences } from './table.ts'

interface Remembering {
  /** Who wrote it; null for a machine. */
  sender: string | null
  filing: Pick<Filing, 'held' | 'takesCc'>
  others: readonly string[]
}

/** The traces by which later mail finds this ticket. A held mail leaves its own id only: a stranger adds nobody. */
export function rememberMail(
  { insertMissing, now }: CommandContext,
  ticketId: string,
  mail: InboundMail,
  { sender, filing, others }: Remembering,
): void {
  const ids = filing.held ? [] : answeredIds(mail)
  for (const messageId of new Set([...(mail.messageId ? [mail.messageId] : []), ...ids]))
    insertMissing(mailReferences, { messageId, ticketId, createdAt: now })
  if (filing.held) return
  const addresses = new Set([...(sender ? [sender] : []), ...(filing.takesCc ? others : [])])
  for (const address of [...addresses].slice(0, CORRESPONDENTS_MAX))
    insertMissing(correspondents, { ticketId, address, createdAt: now })
}

/** Everybody in To and Cc but ourselves and the sender, at most so many as may become correspondents. */
export function otherAddresses(
  mail: Pick<InboundMail, 'to' | 'cc'>,
  {
    mailboxes,
    replyDomain,
    sender,
  }: { mailboxes: readonly { address: string }[]; replyDomain: string; sender: string },
): string[] {
  const all = [...mail.to, ...mail.cc].flatMap(({ address }) => normaliseAddress(address) ?? [])
  const others = new Set(all.filter((address) => address !== sender && !isOurs(mailboxes, replyDomain, address)))
  return [...others].slice(0, CORRESPONDENTS_MAX)
}
