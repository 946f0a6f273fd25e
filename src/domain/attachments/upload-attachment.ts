import { putBlob } from '../../kernel/blobs.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { UploadAttachment } from './schema.ts'
import { insertAttachment } from './store.ts'

/** Stores a file for a message to come; until then only its uploader sees it. Its size is limited where it is received. */
export const uploadAttachment = defineCommand({
  name: 'uploadAttachment',
  group: 'tickets',
  isPersonal: true,
  input: UploadAttachment,
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'person' ? undefined : 'forbidden'),

  async handle(context, { filename, contentType, content }) {
    const stored = await putBlob(context, content, context.now)
    const file = { filename, contentType: contentType ?? null, contentId: null, inline: false, ...stored }
    return insertAttachment(context, file, { uploadedById: context.actor.id, messageId: null, ticketId: null })
  },
})
