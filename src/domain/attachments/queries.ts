import { createHmac, timingSafeEqual } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { readBlob } from '../../kernel/blobs.ts'
import { after, MINUTE_MS } from '../../kernel/clock.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { type Viewer, type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { messages } from '../conversations/table.ts'
import { hangsOnSeen, ownTickets } from '../tickets/reach.ts'
import { tickets } from '../tickets/table.ts'
import type { AttachmentLink } from './schema.ts'
import type { AttachmentRow } from './store.ts'
import { attachments } from './table.ts'

/** One's own upload, or what hangs on a message one may read. */
const visible = (viewer: Viewer) => sql`(
  (${attachments.messageId} is null and ${attachments.uploadedById} = ${viewer.id})
  or (${attachments.messageId} is not null and ${viewer.reach} <> 'client'
    and (select ${hangsOnSeen(messages.ticketId, viewer)} from ${messages} where ${messages.id} = ${attachments.messageId}))
  or (${viewer.reach} = 'client' and exists (select 1 from ${messages} join ${tickets} on ${tickets.id} = ${messages.ticketId}
    where ${messages.id} = ${attachments.messageId} and ${ownTickets(viewer)} and ${messages.visibility} = 'public' and not ${messages.held})))`

const byId = prepare<{ id: string } & Viewing>()(($) =>
  build
    .select(rowOf(attachments))
    .from(attachments)
    .where(sql`${attachments.id} = ${$.id} and ${visible(viewerIn($))}`),
)

async function visibleAttachment({ db, actor }: QueryContext, id: string): Promise<AttachmentRow> {
  const [row] = (await db.query(byId.bind({ id, ...viewing(actor) }))).rows
  if (!row) throw new Problem('attachment_not_found')
  return row
}

const One = Closed({ attachmentId: Id() })

export const attachment = defineQuery({
  name: 'attachment',
  group: 'tickets',
  input: One,
  refuse: () => undefined,
  read: (context, { attachmentId }) => visibleAttachment(context, attachmentId),
})

/** The bytes, chunk by chunk, with what the adapter needs to serve them safely. */
export const attachmentContent = defineQuery({
  name: 'attachmentContent',
  group: 'tickets',
  input: One,
  refuse: () => undefined,

  async read(context, { attachmentId }) {
    const { sha256, ...about } = await visibleAttachment(context, attachmentId)
    return { ...about, chunks: readBlob(context.db, sha256) }
  },
})

/** How long a signed link is good for. */
const LINK_MS = 5 * MINUTE_MS

/** A link that downloads the file without a credential, for the next five minutes and as long as its maker may see it. */
export const attachmentLink = defineQuery({
  name: 'attachmentLink',
  group: 'tickets',
  input: One,
  refuse: (actor) => (actor.kind === 'person' ? undefined : 'forbidden'),

  async read(context, { attachmentId }): Promise<AttachmentLink> {
    const { id } = await visibleAttachment(context, attachmentId)
    return signedLink(context, id)
  },
})

/** A link for this reader to an attachment that they may see; opening it asks again whether they still may. */
export function signedLink(
  { secrets, settings, actor, now }: Pick<QueryContext, 'secrets' | 'settings' | 'actor' | 'now'>,
  id: string,
): AttachmentLink {
  const expiresAt = after(now, LINK_MS)
  const expires = Date.parse(expiresAt)
  const signature = signatureOf(secrets.cursor, id, actor.id, expires)
  return {
    url: `${settings.publicUrl}/v1/attachments/${id}/content?person=${actor.id}&expires=${expires}&signature=${signature}`,
    expiresAt,
  }
}

/** Whose link this is, or nothing told: anything wrong is the same 404. */
export const attachmentLinkOwner = defineQuery({
  name: 'attachmentLinkOwner',
  group: 'tickets',
  input: Closed({
    attachmentId: Id(),
    person: Id(),
    expires: Type.Integer(),
    signature: Type.String({ maxLength: 100 }),
  }),
  refuse: () => undefined,

  async read({ secrets, now }, { attachmentId, person, expires, signature }) {
    const expected = Buffer.from(signatureOf(secrets.cursor, attachmentId, person, expires))
    const given = Buffer.from(signature)
    const right = given.length === expected.length && timingSafeEqual(given, expected)
    if (!right || expires < Date.parse(now)) throw new Problem('attachment_not_found')
    return person
  },
})

const signatureOf = (secret: Uint8Array, id: string, person: string, expires: number) =>
  createHmac('sha256', secret).update(`attachment GET ${id} ${person} ${expires}`).digest('base64url')
