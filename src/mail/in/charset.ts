import { isUtf8 } from 'node:buffer'

/** Names that the WHATWG table (which is what TextDecoder knows) lacks, as seen in mail. */
const ALIASES: Record<string, string> = {
  cp932: 'shift_jis',
  'ms-kanji': 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'cp-1250': 'windows-1250',
  'cp-1251': 'windows-1251',
  'cp-1252': 'windows-1252',
  'utf-8-sig': 'utf-8',
  utf8mb4: 'utf-8',
  'x-mac-roman': 'macintosh',
}
/** Said of everything by senders who do not know: then the bytes decide. */
const UNINFORMATIVE = /^(|us-?ascii|ascii|ansi_x3\.4-1968|unknown(-8bit)?|x-unknown|default|binary|8bit)$/

/**
 * Bytes as text, whatever the label says: it never raises. An unknown or empty label is guessed (UTF-8 where the bytes are valid
 * UTF-8, else windows-1252); what cannot be read becomes U+FFFD. The bytes themselves stay in the raw mail.
 */
export function decodeText(bytes: Uint8Array, label: string | null): string {
  const charset = (label ?? '')
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase()
  const decoder = UNINFORMATIVE.test(charset) ? undefined : decoderFor(ALIASES[charset] ?? charset)
  return tidyText((decoder ?? (isUtf8(bytes) ? UTF_8 : WINDOWS_1252)).decode(bytes))
}

// to make one costs more than to decode a short text
const UTF_8 = new TextDecoder('utf-8')
const WINDOWS_1252 = new TextDecoder('windows-1252')

/** Without NUL, which Postgres refuses, and without halves of surrogate pairs, which JSON does. */
export function tidyText(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

function decoderFor(charset: string): InstanceType<typeof TextDecoder> | undefined {
  if (charset === 'utf-8') return UTF_8
  try {
    return new TextDecoder(charset)
  } catch {
    return undefined
  }
}
