import { type Static, Type } from 'typebox'
import type { BlobSource } from '../../kernel/blobs.ts'
import { Closed, Id, Nullable, Timestamp } from '../../kernel/schema.ts'

export const Attachment = Closed(
  {
    id: Id(),
    filename: Type.String(),
    contentType: Type.String({
      description: 'What the sender says it is; it is served as that only where it is safe.',
    }),
    size: Type.Integer(),
    contentId: Nullable(Type.String({ description: 'What a cid: link in the HTML names' })),
    inline: Type.Boolean(),
    createdAt: Timestamp,
  },
  { $id: 'Attachment' },
)
export type Attachment = Static<typeof Attachment>

export const UploadAttachment = Closed({
  filename: Type.String({ maxLength: 4_096 }),
  contentType: Type.Optional(Type.String({ maxLength: 255 })),
  content: Type.Unsafe<BlobSource>({ type: 'object' }),
})

export const AttachmentLink = Closed(
  {
    url: Type.String({ description: 'Good for a download without credential until it expires' }),
    expiresAt: Timestamp,
  },
  { $id: 'AttachmentLink' },
)
export type AttachmentLink = Static<typeof AttachmentLink>
