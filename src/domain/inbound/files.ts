import { putBlob } from '../../kernel/blobs.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { Attachment } from '../attachments/schema.ts'
import { insertAttachment } from '../attachments/store.ts'
import type { InboundMail } from '../mail/schema.ts'

interface Owner {
  ticketId: string
  messageId: string
  uploadedById: string | null
}

/** The parts of the mail; or, where it could not be read, the raw message itself. */
export async function storeAttachments(
  context: CommandContext,
  mail: InboundMail,
  raw: { sha256: string; size: number },
  owner: Owner,
): Promise<Attachment[]> {
  if (mail.parseError) {
    const { sha256, size } = raw
    const whole = { filename: 'message.eml', contentType: 'message/rfc822', contentId: null, inline: false }
    return [insertAttachment(context, { ...whole, sha256, size }, owner)]
  }
  const attachments: Attachment[] = []
  for (const [n, { filename, contentType, contentId, inline }] of mail.attachments.entries()) {
    const stored = await putBlob(context, mail.contents[n] ?? { bytes: new Uint8Array() }, context.now)
    attachments.push(insertAttachment(context, { filename, contentType, contentId, inline, ...stored }, owner))
  }
  return attachments
}
