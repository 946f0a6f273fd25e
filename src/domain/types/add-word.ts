import { bumpRules, bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, invalidInput } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { reviseByStatuses } from '../sla/store.ts'
import { wordFaults } from './decide.ts'
import { kinds, vocabularyWith, WORDS_MAX, wordsOf } from './kinds.ts'
import { namedFaults } from './naming.ts'
import { type Noun, type Word, wordInputs } from './schema.ts'
import { vocabulary } from './store.ts'

const POSITION_STEP = 1

/** A new word of a vocabulary. Without a position it comes last. */
const adding = (noun: Noun, name: string) =>
  defineCommand({
    name,
    group: 'vocabularies',
    input: wordInputs[noun].add,

    async subject({ tx }, input) {
      await lockConfiguration(tx)
      const [words, faults] = await Promise.all([vocabulary.load(tx), namedFaults(tx, input)])
      return { tx, words, faults }
    },

    refuse: (actor, { words }, { key }) =>
      refuseAdminWork(actor) ?? (wordsOf(noun, words).has(key) ? 'key_taken' : undefined),

    async handle(context, input, { tx, words, faults: unnamed }): Promise<Word> {
      const { now } = context
      const existing = [...wordsOf(noun, words).values()]
      if (existing.length >= WORDS_MAX) throw invalid('/key', 'too_many', `there are ${WORDS_MAX} already`)
      const last = Math.max(0, ...existing.map(({ position }) => position))
      const stamps = { version: 1, createdAt: now, updatedAt: now }
      const word = { ...kinds[noun].defaults(words), position: last + POSITION_STEP, ...input, ...stamps }
      const after = vocabularyWith(words, noun, word.key, word)
      const faults = [...wordFaults(noun, word.key, after), ...unnamed]
      if (faults.length) throw invalidInput(faults)
      context.insert(kinds[noun].table, word)
      await bumpVocabulary(context)
      await bumpRules(context)
      const object = { type: noun, id: word.key, version: 1 }
      context.emit({ type: `${noun}.added`, object, data: { key: word.key } })
      if (after.statuses.get(word.key)?.pausesSla && noun === 'status') await reviseByStatuses(context, tx, after)
      return word
    },
  })

export const addType = adding('type', 'addType')
export const addStatus = adding('status', 'addStatus')
export const addPriority = adding('priority', 'addPriority')
export const addCategory = adding('category', 'addCategory')
export const addProject = adding('project', 'addProject')
