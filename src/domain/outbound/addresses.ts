import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { base32 } from '../../kernel/ids.ts'
import type { Secrets } from '../../kernel/secrets.ts'

const KEY_BYTES = 10
const KEY_LENGTH = 16
const SIGNATURE_LENGTH = 20
const TOKEN = /^([a-z])([0-9a-hjkmnp-tv-z]{16})([0-9a-hjkmnp-tv-z]{20})$/

/** Owns the reply address that stands in mail to outsiders: it leads to the ticket, and proves nothing of whoever answers. */
export const NOBODY = ''

/** 80 random bits that stand for a ticket and an address. */
export const newReplyKey = (): string => base32(randomBytes(KEY_BYTES))

/** `<mailbox>+<kid><reply key><HMAC>@<reply domain>`: whoever holds it may append to one ticket, and read nothing. */
export function replyAddress({ reply }: Secrets, mailbox: string, replyKey: string, replyDomain: string): string {
  const [current] = reply
  if (!current) throw new Error('no key signs reply addresses')
  const local = mailbox.slice(0, mailbox.indexOf('@'))
  return `${local}+${current.kid}${replyKey}${signatureOf(current.key, current.kid, replyKey)}@${replyDomain}`
}

/** Mail that takes no answer comes from here: it is no genuine reply address, and what is sent to it is refused (550 5.1.1). */
export const noReplyAddress = (mailbox: string, replyDomain: string): string =>
  `${mailbox.slice(0, mailbox.indexOf('@'))}+noreply@${replyDomain}`

/** The reply key of a genuine token, in any case of letters; checked in constant time, before any query. */
export function openReplyToken({ reply }: Secrets, token: string): string | undefined {
  const [, kid = '', replyKey = '', signature = ''] = TOKEN.exec(token.toLowerCase()) ?? []
  // a form that cannot be ours costs as much as one that is
  const key = reply.find((candidate) => candidate.kid === kid) ?? reply[0]
  const expected = Buffer.from(signatureOf(key?.key ?? new Uint8Array(), kid, replyKey))
  const given = Buffer.from(signature.padEnd(SIGNATURE_LENGTH, ' '))
  const genuine = timingSafeEqual(expected, given)
  return genuine && replyKey.length === KEY_LENGTH ? replyKey : undefined
}

const signatureOf = (key: Uint8Array, kid: string, replyKey: string): string =>
  base32(createHmac('sha256', key).update(`reply ${kid} ${replyKey}`).digest()).slice(-SIGNATURE_LENGTH)
