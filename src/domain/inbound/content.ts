import { createHash } from 'node:crypto'
import { normaliseAddress } from '../../kernel/address.ts'
import type { InboundMail } from '../mail/schema.ts'
import { senderAddress } from './evidence.ts'

/** Mail that names no sender at all still becomes a ticket; nobody can have this address (RFC 2606). */
const NOBODY = 'unknown@sender.invalid'

/** Whose record a mail is filed under: From, else the envelope. It is a label, not a proof. */
export const authorAddress = (mail: InboundMail, mailFrom: string): string =>
  senderAddress(mail) ?? normaliseAddress(mail.from?.address ?? '') ?? normaliseAddress(mailFrom) ?? NOBODY

const SUBJECT_LENGTH_MAX = 300

export const subjectOf = (mail: Pick<InboundMail, 'subject'>): string =>
  (mail.subject ?? '')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, SUBJECT_LENGTH_MAX)
    .toWellFormed() || '(no subject)'

const BODY_LENGTH_MAX = 1_000_000

/** What the message keeps of a mail; of one that cannot be read, what there is to say. */
export function bodyOf(mail: InboundMail) {
  if (mail.parseError) {
    return {
      bodyText: `This mail could not be read (${mail.parseError}). The raw message is attached.`,
      bodyHtml: null,
      visibleText: null,
      quotedText: null,
    }
  }
  const cut = (text: string | null) => text?.slice(0, BODY_LENGTH_MAX).replaceAll('\0', '').toWellFormed() ?? null
  return {
    bodyText: cut(mail.bodyText) ?? '',
    bodyHtml: cut(mail.bodyHtml),
    visibleText: cut(mail.visibleText),
    quotedText: cut(mail.quotedText),
  }
}

/** What goes out of a mail by which an agent answers: their words, without what they quote of our own notice. */
export function replyOf(mail: InboundMail) {
  const { bodyText, visibleText, quotedText } = bodyOf(mail)
  return { bodyText: visibleText ?? bodyText, bodyHtml: null, visibleText, quotedText }
}

/** The original of a mail that was handed on; its HTML holds the words of whoever did it, and is left out. */
export function forwardedBody(mail: InboundMail) {
  const bodyText = mail.forward?.body?.slice(0, BODY_LENGTH_MAX).replaceAll('\0', '').toWellFormed() ?? ''
  return { bodyText, bodyHtml: null, visibleText: bodyText, quotedText: null }
}

/**
 * What makes two mails the same, for good: the mailbox, the Message-ID and the content without trace headers. The same id with
 * other content is another mail, or anybody could burn an id.
 */
export const identityOf = (mailboxId: string, mail: Pick<InboundMail, 'messageId'>, contentHash: string): string =>
  createHash('sha256')
    .update(JSON.stringify([mailboxId, mail.messageId ?? '', contentHash]))
    .digest('hex')
