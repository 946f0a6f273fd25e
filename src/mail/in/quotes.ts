import EmailReplyParser from 'email-reply-parser'

/** The reply stands at the top; behind so much text nobody looks for it, and the library's expressions are not linear. */
const HEAD_CHARACTERS_MAX = 20_000
/** Lines longer than this are no quote headers, and cost their square. */
const LINE_CHARACTERS_MAX = 2_000
/**
 * Quote headers that the library lets run over any number of lines cost their starts times their ends. A thread has a few of each.
 */
const OPEN_STARTS = /^\s*(Op\s|W\sdniu|Dnia|在|[a-z]{3,4}\.\s)/gm
const OPEN_ENDS = /schreef|skrev|pisze|napisał|写道/g
const OPEN_PAIRS_MAX = 200
/** Its expressions begin with any white space, so that a run of it costs its square. */
const LONG_SPACE = /\s{400}/
/** The library puts text into a replacement pattern, where `$` is a command. From the private use area: no mail means it. */
const DOLLAR = '\u{f0024}'

export interface Reply {
  visibleText: string | null
  quotedText: string | null
}

/** What the sender wrote, without quotes and signature, and what was quoted. Where nothing would be left: the full text. */
export function splitQuotes(text: string): Reply {
  if (text.trim() === '') return { visibleText: null, quotedText: null }
  const full = { visibleText: text.trim(), quotedText: null }
  const { head, rest } = splitHead(text)
  if (isTooCostly(head)) return full

  const fragments = new EmailReplyParser().read(head.replaceAll('$', DOLLAR)).getFragments()
  const join = (chosen: typeof fragments) => chosen.map(String).join('\n').replaceAll(DOLLAR, '$')
  // What follows the head belongs to whatever the head ends with.
  const endsHidden = fragments.at(-1)?.isHidden() === true
  const visible = (join(fragments.filter((part) => !part.isHidden())) + (endsHidden ? '' : rest)).trim()
  const quoted = (join(fragments.filter((part) => part.isQuoted())) + (endsHidden ? rest : '')).trim()
  return visible === '' ? full : { visibleText: visible, quotedText: quoted || null }
}

function isTooCostly(head: string): boolean {
  if (LONG_SPACE.test(head) || head.split('\n').some((line) => line.length > LINE_CHARACTERS_MAX)) return true
  const count = (pattern: RegExp) => head.match(pattern)?.length ?? 0
  return count(OPEN_STARTS) * count(OPEN_ENDS) > OPEN_PAIRS_MAX
}

function splitHead(text: string): { head: string; rest: string } {
  if (text.length <= HEAD_CHARACTERS_MAX) return { head: text, rest: '' }
  const end = text.lastIndexOf('\n', HEAD_CHARACTERS_MAX)
  const at = end === -1 ? HEAD_CHARACTERS_MAX : end
  return { head: text.slice(0, at), rest: text.slice(at) }
}
