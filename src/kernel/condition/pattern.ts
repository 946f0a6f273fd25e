import { RE2JS } from 're2js'

const PATTERN_LENGTH_MAX = 512
/** What is longer is looked at as far as this. */
const INPUT_LENGTH_MAX = 65_536
const LOOK_AROUND = /(?<!\\)\(\?<?[=!]/

/** Why a pattern is none of ours, or nothing. RE2 takes time in proportion to the text, whatever the pattern (R45). */
export function patternFault(pattern: string): { code: string; detail: string } | undefined {
  if (pattern.length > PATTERN_LENGTH_MAX)
    return { code: 'too_long', detail: `is longer than ${PATTERN_LENGTH_MAX} characters` }
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    if (LOOK_AROUND.test(pattern))
      return { code: 'look_around', detail: 'looks ahead or behind, which RE2 does not do: write it as two conditions' }
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : ''
    return { code: 'pattern', detail: `is no regular expression of RE2: ${reason.slice(0, 200)}` }
  }
}

/** Whether a text holds the pattern anywhere. */
export function patternTest(pattern: string): (text: string) => boolean {
  const compiled = RE2JS.compile(pattern)
  return (text) => compiled.test(text.length > INPUT_LENGTH_MAX ? text.slice(0, INPUT_LENGTH_MAX) : text)
}
