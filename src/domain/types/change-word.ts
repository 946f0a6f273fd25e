import { bumpRules, bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { invalidInput, Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { reviseByStatuses } from '../sla/store.ts'
import { wordFaults } from './decide.ts'
import { bringAlong, type Following, followers, lookAgain, rankAnew } from './following.ts'
import { kinds, vocabularyWith, wordsOf } from './kinds.ts'
import { namedFaults } from './naming.ts'
import { type Noun, type Word, wordInputs } from './schema.ts'
import { vocabulary } from './store.ts'

/** Changes a word; its key stays. Tickets follow: a status of another category takes them there, a priority of another position sorts them anew. */
const changing = (noun: Noun, name: string) =>
  defineCommand({
    name,
    group: 'vocabularies',
    input: wordInputs[noun].change,

    async subject({ tx }, input) {
      await lockConfiguration(tx)
      const [words, faults] = await Promise.all([vocabulary.load(tx), namedFaults(tx, input)])
      const word = wordsOf(noun, words).get(input.key)
      if (!word) throw new Problem(kinds[noun].notFound)
      const following: Following = { noun, key: input.key, to: null, after: null }
      const isMoving = 'category' in input && 'category' in word && input.category !== word.category
      return { tx, words, word, faults, following, isMoving, found: isMoving ? await followers(tx, following) : [] }
    },

    refuse: (actor) => refuseAdminWork(actor),

    async handle(context, { key, expectedVersion, ...fields }, subject): Promise<Word> {
      const { tx, words, word, faults: unnamed, following, isMoving, found } = subject
      await refuseStale(tx, { id: key, version: word.version }, expectedVersion, Object.keys(fields))
      const changes = changesBetween<Partial<Word>>(word, fields as Partial<Word>) // checked by the schema of the noun
      if (!Object.keys(changes).length) return word
      const changed = { ...word, ...fields, version: word.version + 1, updatedAt: context.now } as Word
      const after = vocabularyWith(words, noun, key, changed)
      const faults = [...wordFaults(noun, key, after), ...unnamed]
      if (faults.length) throw invalidInput(faults)
      context.update(kinds[noun].table, { ...word }, changed)
      await bumpVocabulary(context)
      await bumpRules(context)
      const object = { type: noun, id: key, version: changed.version }
      context.emit({ type: `${noun}.changed`, object, changes, data: { key } })
      if (isMoving) {
        bringAlong(context, after, following, found)
        lookAgain(context, following)
      }
      if (noun === 'status' && 'pausesSla' in changes) await reviseByStatuses(context, tx, after)
      if (noun === 'priority' && changes.position) await rankAnew(context, key, changed.position)
      return changed
    },
  })

export const changeType = changing('type', 'changeType')
export const changeStatus = changing('status', 'changeStatus')
export const changePriority = changing('priority', 'changePriority')
export const changeCategory = changing('category', 'changeCategory')
export const changeProject = changing('project', 'changeProject')
