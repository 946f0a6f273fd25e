import type { PgTable } from 'drizzle-orm/pg-core'
import type { ProblemCode } from '../../kernel/problems.ts'
import type { Noun, Word } from './schema.ts'
import type { Vocabulary } from './store.ts'
import { categories, priorities, projects, statuses, types } from './table.ts'

/** What five vocabularies do not have in common. */
interface Kind {
  table: PgTable
  /** Where its words are in memory, and the path of its resource. */
  plural: 'types' | 'statuses' | 'priorities' | 'categories' | 'projects'
  notFound: ProblemCode
  /** What its words are where nothing is said. */
  defaults(words: Vocabulary): Record<string, unknown>
}

const none = () => ({})

export const kinds: Record<Noun, Kind> = {
  type: { table: types, plural: 'types', notFound: 'type_not_found', defaults: newType },
  status: { table: statuses, plural: 'statuses', notFound: 'status_not_found', defaults: newStatus },
  priority: { table: priorities, plural: 'priorities', notFound: 'priority_not_found', defaults: none },
  category: { table: categories, plural: 'categories', notFound: 'category_not_found', defaults: none },
  project: { table: projects, plural: 'projects', notFound: 'project_not_found', defaults: none },
}

/** A new type begins as the first one does. */
function newType({ types: existing }: Vocabulary): Record<string, unknown> {
  const [first] = existing.values()
  return {
    enabled: true,
    hidden: false,
    icon: null,
    numberPrefix: null,
    defaultStatus: first?.defaultStatus,
    defaultPriority: first?.defaultPriority,
    defaultTeamId: null,
  }
}

function newStatus(): Record<string, unknown> {
  return { requesterLabel: null, notifyRequester: false, template: null, pausesSla: false }
}

/** The words of a vocabulary, by key and in their order. */
export const wordsOf = (noun: Noun, words: Vocabulary): ReadonlyMap<string, Word> => words[kinds[noun].plural]

/** The vocabulary as it will be with a word changed, added, or gone. */
export function vocabularyWith(words: Vocabulary, noun: Noun, key: string, word: Word | undefined): Vocabulary {
  const changed = new Map(wordsOf(noun, words))
  if (word) changed.set(key, word)
  else changed.delete(key)
  return { ...words, [kinds[noun].plural]: changed }
}

/** Words of one vocabulary: every process keeps them in memory, and lists of them have no pages. */
export const WORDS_MAX = 500
