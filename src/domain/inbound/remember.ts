import { normaliseAddress } from '../../kernel/address.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { InboundMail } from '../mail/schema.ts'
import { mailboxOf } from '../mailboxes/recipient.ts'
import { answeredIds, CORRESPONDENTS_MAX } from './store.ts'
import { correspondents, mailReferences } from './table.ts'

interface Remembering {
  mailboxes: readonly { address: string }[]
  sender: string
  held: boolean
  /** Whether To and Cc become correspondents; see `Filing`. */
  takesCc: boolean
}

/** The traces by which later mail finds this ticket. A held mail leaves its own id only: a stranger adds nobody. */
export function rememberMail(
  { insertMissing, now }: CommandContext,
  ticketId: string,
  mail: InboundMail,
  { mailboxes, sender, held, takesCc }: Remembering,
): void {
  const ids = held ? [] : answeredIds(mail)
  for (const messageId of new Set([...(mail.messageId ? [mail.messageId] : []), ...ids]))
    insertMissing(mailReferences, { messageId, ticketId, createdAt: now })
  if (held) return
  const others = takesCc ? [...mail.to, ...mail.cc].map(({ address }) => normaliseAddress(address)) : []
  const addresses = new Set(
    [sender, ...others].filter((address) => address !== undefined && !isOurs(mailboxes, address)),
  )
  for (const address of [...addresses].slice(0, CORRESPONDENTS_MAX))
    if (address) insertMissing(correspondents, { ticketId, address, createdAt: now })
}

const isOurs = (mailboxes: readonly { address: string }[], address: string): boolean => {
  const box = mailboxOf(mailboxes, address)
  return box !== undefined && box.address.split('@')[1] === address.split('@')[1]
}
