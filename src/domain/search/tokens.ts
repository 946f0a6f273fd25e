/** One part of a query: `key:value`, a word, or a phrase. */
export interface Token {
  key?: string
  value: string
  isQuoted: boolean
  isNegated: boolean
  position: number
  /** As it was written, shortened. */
  text: string
}

interface TokenFault {
  code: string
  detail: string
  position: number
}

const TOKENS_MAX = 30
const TEXT_LENGTH_MAX = 40
// a key, then a value in quotes or without spaces; or a phrase; or a word, which may be an address of the web
const TOKEN = /\s*(-?)(?:([a-zA-Z][\w.]*):(?!\/\/))?(?:"([^"]*)"|([^\s"]+)|)/y

/** The parts of a query, or what is wrong and where. */
export function readTokens(query: string): { tokens: Token[]; fault?: TokenFault } {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const end = query.trimEnd().length
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const [whole = '', minus, key, quoted, plain] = TOKEN.exec(query) ?? []
    const position = from + whole.length - whole.trimStart().length
    const fail = (code: string, detail: string) => ({
      tokens,
      fault: { code, detail: `at ${position}: ${detail}`, position },
    })
    if (query[from + whole.length] === '"' && quoted === undefined)
      return fail('syntax', 'a quotation mark begins here and does not end')
    const value = quoted ?? plain
    if (value === undefined || !value.trim())
      return fail('syntax', key === undefined ? 'a word or a phrase is missing' : `${key}: has no value`)
    if (tokens.length >= TOKENS_MAX) return fail('too_many', `there are more than ${TOKENS_MAX} parts`)
    tokens.push({
      ...(key === undefined ? {} : { key }),
      value,
      isQuoted: quoted !== undefined,
      isNegated: minus === '-',
      position,
      text: whole.trim().slice(0, TEXT_LENGTH_MAX),
    })
  }
  return { tokens }
}
