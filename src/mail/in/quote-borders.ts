/** A line of its own where the HTML says that a quote begins. From the private use area: no mail means it. */
export const BORDER = '\u{f0025}'

const CLASSES =
  /(?:^|[\s_])(?:gmail_quote(?:_container)?|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|zmail_extra|protonmail_quote|tutanota_quote|front-quote|ms-outlook-mobile-reference-message)(?:$|\s)/
const IDS =
  /^(?:x_|m_\S{0,40})*(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|isReplyContent|replySplit|zwchr|yahoo_quoted_\d{1,20}|ymail_android_signature_quote)$/
/** The line that Outlook's desktop draws above the header of the mail that it quotes. */
const RULE = /border:\s?none;\s?border-top:\s?solid #(?:E1E1E1|B5C4DF) 1\.0pt/i

/** The line before an element: a border where clients are known to begin a quote with it, else none. */
export function borderBefore(name: string, { class: names, id, style }: Record<string, string>): string | null {
  if (name === 'blockquote') return null
  const isBorder =
    (names !== undefined && CLASSES.test(names.slice(0, 500))) ||
    (id !== undefined && IDS.test(id.slice(0, 200))) ||
    (style !== undefined && RULE.test(style.slice(0, 500)))
  return isBorder ? BORDER : null
}

/** The text as people see it. */
export function withoutBorders(text: string): string {
  if (!text.includes(BORDER)) return text
  return text
    .split('\n')
    .filter((line) => line.replace(/^[> ]{0,40}/, '') !== BORDER)
    .join('\n')
    .replaceAll(BORDER, '')
}
