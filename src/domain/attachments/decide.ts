const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const NAME_BYTES_MAX = 255

/** A name to show and to offer for saving: no path, no control or direction characters, never empty. It names no file of ours. */
export function safeFilename(name: string | null): string {
  const cleaned = (name ?? '')
    .normalize('NFC')
    .replace(CONTROL, '')
    .replace(/[/\\]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '')
  return cut(cleaned) || 'attachment'
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return name
  const extension = /\.[\w-]{1,16}$/.exec(name)?.[0] ?? ''
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    if (Buffer.byteLength(stem + character + extension) > NAME_BYTES_MAX) break
    stem += character
  }
  return stem + extension
}

/** A media type without parameters, or octet-stream where it is none (RFC 6838 §4.2). */
export function safeContentType(type: string | null | undefined): string {
  const bare = (type ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(bare)
    ? bare
    : 'application/octet-stream'
}
