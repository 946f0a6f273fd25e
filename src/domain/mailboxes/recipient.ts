import { Type } from 'typebox'
import { parseAddress } from '../../kernel/address.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'
import { openReplyToken } from '../outbound/addresses.ts'
import { mailboxesCached } from './store.ts'

/** The mailbox behind an address: its own, or that of a signed reply address. */
export function mailboxOf<T extends { address: string }>(mailboxes: readonly T[], recipient: string): T | undefined {
  const [local = '', domain = ''] = recipient.toLowerCase().split('@')
  const plain = local.split('+')[0] ?? ''
  return (
    mailboxes.find(({ address }) => address === `${local}@${domain}`) ??
    mailboxes.find(({ address }) => address.split('@')[0] === plain)
  )
}

/** A mailbox of ours, or a reply address that leads to one: nobody else writes from it or is to be copied. */
export function isOurs(mailboxes: readonly { address: string }[], replyDomain: string, address: string): boolean {
  const box = mailboxOf(mailboxes, address)
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
  return box !== undefined && (domain === replyDomain || domain === box.address.split('@')[1])
}

/** Whose an address is. A reply address must be genuine: anything guessed is as unknown as a mailbox that is not there. */
export const mailRecipient = defineQuery({
  name: 'mailRecipient',
  group: 'mail',
  input: Closed({ address: Type.String({ maxLength: 1_000 }) }),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async read({ cached, secrets, settings }, { address }): Promise<'ours' | 'unknown' | 'foreign'> {
    const mailboxes = await cached(mailboxesCached)
    const parsed = parseAddress(address)
    if (!parsed) return 'unknown'
    const local = parsed.local.toLowerCase()
    const domain = parsed.domain.toLowerCase()
    const domains = new Set([
      settings.mailDomain,
      settings.replyDomain,
      ...mailboxes.map((mailbox) => mailbox.address.split('@')[1]),
    ])
    if (!domains.has(domain)) return 'foreign'

    const plus = local.indexOf('+')
    if (plus < 0) return mailboxes.some((mailbox) => mailbox.address === `${local}@${domain}`) ? 'ours' : 'unknown'
    const genuine = openReplyToken(secrets, local.slice(plus + 1)) !== undefined
    const named = mailboxes.some((mailbox) => mailbox.address.split('@')[0] === local.slice(0, plus))
    return genuine && named && domain === settings.replyDomain ? 'ours' : 'unknown'
  },
})
