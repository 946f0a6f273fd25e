import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { Actor } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { safeContentType, safeFilename } from './decide.ts'
import type { Attachment } from './schema.ts'
import { attachments } from './table.ts'

/** What one message may hold: it has to fit into a mail, and into the memory of whoever sends several. */
const MESSAGE_BYTES_MAX = 26_214_400

export type AttachmentRow = typeof attachments.$inferSelect

const uploads = prepare<{ ids: string[]; uploader: string }>()(($) =>
  build
    .select(rowOf(attachments))
    .from(attachments)
    .where(
      sql`${attachments.id} = any(${$.ids}::text[]) and ${attachments.uploadedById} = ${$.uploader} and ${attachments.messageId} is null`,
    )
    .for('update'),
)

/** Uploads of this actor that belong to no message yet, locked; another's, or one that is used, is not found. */
export async function lockUploads(tx: Connection, actor: Actor, ids: readonly string[]): Promise<AttachmentRow[]> {
  if (!ids.length) return []
  const { rows } = await tx.query(uploads.bind({ ids: [...ids], uploader: actor.id }))
  const found = new Map(rows.map((row) => [row.id, row]))
  const faults = ids.flatMap((id, n) =>
    found.has(id)
      ? []
      : [{ pointer: `/attachmentIds/${n}`, code: 'not_found', detail: 'is no upload of yours that is still free' }],
  )
  if (faults.length) throw new Problem('invalid_input', { errors: faults })
  const bytes = rows.reduce((sum, { size }) => sum + size, 0)
  if (bytes > MESSAGE_BYTES_MAX)
    throw invalid('/attachmentIds', 'too_large', `hold more than ${MESSAGE_BYTES_MAX} bytes together`)
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** Gives uploads to a message, and says of them what the message keeps. */
export function claimAttachments(
  { update }: CommandContext,
  rows: AttachmentRow[],
  { ticketId, messageId }: { ticketId: string; messageId: string },
): Attachment[] {
  for (const row of rows) update(attachments, row, { ticketId, messageId })
  return rows.map(describe)
}

export interface NewAttachment {
  filename: string | null
  contentType: string | null
  contentId: string | null
  inline: boolean
  sha256: string
  size: number
}

/** The row of a file; its name and type are made safe here and nowhere else. */
export function insertAttachment(
  { insert, now }: CommandContext,
  file: NewAttachment,
  owner: { uploadedById: string | null; messageId: string | null; ticketId: string | null },
): Attachment {
  const row: AttachmentRow = {
    id: newId('att'),
    ...owner,
    ...file,
    filename: safeFilename(file.filename),
    contentType: safeContentType(file.contentType),
    createdAt: now,
  }
  insert(attachments, row)
  return describe(row)
}

const describe = ({ id, filename, contentType, size, contentId, inline, createdAt }: AttachmentRow): Attachment => ({
  id,
  filename,
  contentType,
  size,
  contentId,
  inline,
  createdAt,
})
