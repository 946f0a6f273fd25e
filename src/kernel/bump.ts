import type { CommandContext } from './context.ts'
import { versions } from './versions.ts'

/** Configuration has changed: every process loads it anew with its next transaction. */
export function bumpVocabulary({ update, versions: current }: CommandContext): void {
  update(versions, { id: 1, ...current }, { vocabulary: current.vocabulary + 1 })
}
