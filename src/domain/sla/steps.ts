import type { Instant } from '../../kernel/clock.ts'
import { afterEntry, nextMark, type RevisionOf } from './decide.ts'
import { type Entry, entryOf, type Standing } from './moves.ts'

/** Each clock warns and breaches once, and no more than three run. */
const MARKS_MAX = 6

/** What was written to the log, and how the clocks stand by it. */
export interface Steps {
  standing: Standing | undefined
  entries: Entry[]
}

/** What happens at a moment, after what was due until then; and what is due by it at once. Pure. */
export function stepsTo(
  before: Standing | undefined,
  { at, happened }: { at: Instant; happened: readonly Entry[] },
  revisionOf: RevisionOf,
): Steps {
  const entries: Entry[] = []
  let standing = before
  const add = (entry: Entry) => {
    entries.push(entry)
    standing = afterEntry(standing, entry, revisionOf)
  }
  const tellDue = () => {
    for (let n = 0; standing && n < MARKS_MAX; n++) {
      const mark = nextMark(standing)
      if (!mark || mark.at > at) return
      add(entryOf(mark.at, mark.what, { metric: mark.metric }))
    }
  }
  tellDue()
  for (const entry of happened) add(entry)
  tellDue()
  return { standing, entries }
}
