import type { CommandContext } from '../../kernel/context.ts'
import type { MailBounce } from '../mail/schema.ts'
import { ticketFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { withStep } from './decide.ts'
import type { SuppressionReason } from './schema.ts'
import type { ReportedMail } from './store.ts'
import { outboundMails, suppressedAddresses } from './table.ts'

/** What came back, and to what. */
type About = ReportedMail & {
  /** Its ticket, which hears of it; a digest has none. */
  locked: LockedTicket | undefined
  inboundMailId: string | null
}

/** A bounce (RFC 3464) of a mail of ours. A hard one ends it and its address; a soft one is only written down. */
export function recordBounce(context: CommandContext, about: About, bounce: MailBounce | null): void {
  const { mail } = about
  const { status = null, hard = false } = bounce ?? {}
  const detail = [status, about.inboundMailId].filter((part) => part !== null).join(' ')
  context.update(outboundMails, mail, {
    ...(hard ? { state: 'failed' as const, smtpResponse: `bounced ${status ?? ''}`.trim(), nextAttemptAt: null } : {}),
    trail: withStep(mail, { at: context.now, step: 'bounce', result: hard ? 'hard' : 'soft', detail }),
  })
  // the address that the mail was written to, whatever the report says: it might name anybody
  if (hard) suppress(context, about, 'hard_bounce', status)
  tellBounce(context, about, { status, hard })
}

/** The relay will not have this mail, for good. Where it says that the address is wrong (RFC 3463, 5.1.x), that ends the address. */
export function recordRefusal(context: CommandContext, about: About, response: string): void {
  const status = /\b5\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0] ?? null
  if (status?.startsWith('5.1.')) suppress(context, about, 'hard_bounce', status)
  tellBounce(context, about, { status, hard: true })
}

function tellBounce(
  { emit, actor, versions }: CommandContext,
  { mail, locked, inboundMailId }: About,
  { status, hard }: { status: string | null; hard: boolean },
): void {
  if (!locked) return
  const { ticket, ...parties } = locked
  emit({
    type: 'mail.bounced',
    ticketId: ticket.id,
    object: { type: 'outboundMail', id: mail.id, version: null },
    data: { outboundMailId: mail.id, inboundMailId, status, hard },
    facts: ticketFacts({ before: ticket, after: ticket, ...parties, actor, versions }),
  })
}

/** An abuse report (RFC 5965): nothing automatic goes to this address any more. */
export function recordComplaint(context: CommandContext, about: About): void {
  const step = { at: context.now, step: 'complaint', result: 'received', detail: about.inboundMailId }
  context.update(outboundMails, about.mail, { trail: withStep(about.mail, step) })
  suppress(context, about, 'complaint', null)
}

/** A read receipt (RFC 8098). */
export function recordReceipt({ update, now }: CommandContext, { mail, inboundMailId }: About): void {
  update(outboundMails, mail, {
    trail: withStep(mail, { at: now, step: 'receipt', result: 'received', detail: inboundMailId }),
  })
}

function suppress(
  { insert, update, emit, now }: CommandContext,
  { mail, suppression, inboundMailId }: About,
  reason: SuppressionReason,
  detail: string | null,
): void {
  // a complaint stops less than a bounce, and takes nothing back
  if (suppression && (suppression.reason !== 'complaint' || reason === 'complaint')) return
  if (suppression) update(suppressedAddresses, suppression, { reason, detail, inboundMailId })
  else
    insert(suppressedAddresses, { address: mail.to, reason, detail, inboundMailId, createdById: null, createdAt: now })
  emit({
    type: 'address.suppressed',
    object: { type: 'suppressedAddress', id: mail.to, version: null },
    data: { address: mail.to, reason },
  })
}
