import { attachmentContent } from '../../domain/attachments/queries.ts'
import { type ClaimedMail, claimOutboundMail } from '../../domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../../domain/outbound/record-mail-result.ts'
import type { Session } from '../../kernel/desk.ts'
import { oneAtATime } from '../../kernel/under-way.ts'
import { compose, type OutgoingMail } from './compose.ts'
import type { MailTransport } from './transport.ts'

export interface SenderParts {
  desk: Session
  transport: MailTransport
  workerId: string
  instanceId: string
}

/** The job of a ledger row: send it, write down what the relay said. Sent twice it has the same Message-ID. */
export function mailSender({ desk, transport, workerId, instanceId }: SenderParts) {
  const send = async (outboundMailId: string) => {
    const claimed = await desk.execute(claimOutboundMail, { outboundMailId, workerId })
    if (!claimed) return
    const attachments = await Promise.all(claimed.attachments.map((attachment) => withContent(desk, attachment)))
    const { to, replyTo, ...rest } = claimed
    const mail: OutgoingMail = {
      ...rest,
      to: [to],
      replyTo: replyTo === null ? null : { address: replyTo, name: claimed.from.name },
      attachments,
      instanceId,
    }
    const { outcome, response } = await transport.send(compose(mail))
    await desk.execute(recordMailResult, { outboundMailId, outcome, response })
  }

  // an adopted mail may have its old job too: two of them must not send it side by side
  const once = oneAtATime(send)
  return ({ outboundMailId }: { outboundMailId: string }): Promise<void> => once(outboundMailId)
}

async function withContent(
  desk: Session,
  { id, filename, contentType, contentId, inline }: ClaimedMail['attachments'][number],
) {
  const { chunks } = await desk.read(attachmentContent, { attachmentId: id })
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return { filename, contentType, contentId, inline, content: Buffer.concat(parts) }
}
