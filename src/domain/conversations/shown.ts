import type { QueryContext } from '../../kernel/desk.ts'
import { signedLink } from '../attachments/queries.ts'
import type { MessageRow } from './decide.ts'
import { escapeHtml, SANITISER_VERSION, sanitiseHtml } from './html.ts'

type Reader = Pick<QueryContext, 'secrets' | 'settings' | 'actor' | 'now'>

/** A message as it is read: HTML as clean as today's sanitiser makes it, its images by links that are good for five minutes. */
export function shown<T extends MessageRow>(reader: Reader, message: T): T {
  const { bodyHtml, sanitiserVersion, attachments } = message
  if (bodyHtml === null) return message
  const clean = sanitiserVersion < SANITISER_VERSION ? sanitiseHtml(bodyHtml) : bodyHtml
  const hasImages = clean?.includes('"cid:') && attachments.length > 0 && reader.actor.kind === 'person'
  return { ...message, bodyHtml: clean && hasImages ? withImages(reader, clean, attachments) : clean }
}

/** What is shown stands in the sanitiser's own form: `src="cid:…"`, escaped. */
function withImages(reader: Reader, html: string, attachments: MessageRow['attachments']): string {
  const urls = new Map(
    attachments.flatMap(({ id, contentId }): [string, string][] =>
      contentId === null ? [] : [[escapeHtml(contentId), escapeHtml(signedLink(reader, id).url)]],
    ),
  )
  return html.replace(/(<img[^>]{0,2000}? src=")cid:([^"]{1,1000})"/gi, (whole, before: string, id: string) => {
    const url = urls.get(id) ?? urls.get(decoded(id))
    return url === undefined ? whole : `${before}${url}"`
  })
}

/** RFC 2392: in a URL an id may be percent-encoded. */
function decoded(id: string): string {
  try {
    return escapeHtml(decodeURIComponent(id))
  } catch {
    return id
  }
}
