import type { Connection } from '../../db/client.ts'
import { bumpRules, bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, invalidInput, Problem } from '../../kernel/problems.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { workflows } from '../workflows/table.ts'
import { goneFaults } from './decide.ts'
import { bringAlong, countTickets, type Following, followers, lookAgain } from './following.ts'
import { kinds, vocabularyWith, wordsOf } from './kinds.ts'
import { referencesTo, rename, usersIn } from './references.ts'
import { type Noun, RemoveWord } from './schema.ts'
import { type Vocabulary, vocabulary } from './store.ts'

/**
 * A word is gone at once. What is in use goes only where another word takes its place: in rules, macros, views, mailboxes, fields, types
 * and workflows, and on tickets, the first hundred in the same transaction, the others by jobs right after it.
 */
const removing = (noun: Noun, name: string) =>
  defineCommand({
    name,
    group: 'vocabularies',
    input: RemoveWord,

    async subject({ tx }, { key, replaceWith = null }) {
      await lockConfiguration(tx)
      const words = await vocabulary.load(tx)
      const word = wordsOf(noun, words).get(key)
      if (!word) throw new Problem(kinds[noun].notFound)
      if (replaceWith !== null) checkReplacement(noun, words, key, replaceWith)
      const references = await referencesTo(tx, { noun, from: key, to: replaceWith ?? '' })
      const following: Following = { noun, key, to: replaceWith, after: null }
      const found = replaceWith === null ? [] : await followers(tx, following)
      const count = replaceWith === null ? await countTickets(tx, noun, key) : 0
      return { tx, words, word, references, following, found, count, old: words.workflows.get(key) }
    },

    refuse: (actor) => refuseAdminWork(actor),

    async handle(context, { key, replaceWith = null }, subject) {
      const { tx, words, word, references, following, found, count, old } = subject
      if (replaceWith === null && (count > 0 || references.length > 0)) throw inUse(key, count, references)
      rename(context, references, vocabularyWith(words, noun, key, undefined))
      context.remove(kinds[noun].table, { ...word })
      if (noun === 'type' && old) context.remove(workflows, old)
      await bumpVocabulary(context)
      await bumpRules(context)
      const after = await seenAfter(tx, noun)
      const object = { type: noun, id: key, version: word.version }
      context.emit({ type: `${noun}.removed`, object, data: { key, replacedBy: replaceWith } })
      if (replaceWith !== null) {
        bringAlong(context, after, following, found)
        lookAgain(context, following)
      }
      return { id: key }
    },
  })

function checkReplacement(noun: Noun, words: Vocabulary, key: string, replaceWith: string): void {
  if (replaceWith === key) throw invalid('/replaceWith', 'not_allowed', 'is what is to be removed')
  if (!wordsOf(noun, words).has(replaceWith))
    throw invalid(
      '/replaceWith',
      'not_found',
      `${replaceWith} is none of ${[...wordsOf(noun, words).keys()].join(', ')}`,
    )
}

function inUse(key: string, count: number, references: Parameters<typeof usersIn>[0]): Problem {
  const users = usersIn(references)
  const told = [
    ...(count ? [`${count} tickets`] : []),
    ...Object.entries(users).map(([of, names]) => `${of} ${names?.join(', ')}`),
  ]
  return new Problem('in_use', {
    detail: `${key} is used by ${told.join('; ')}: give replaceWith`,
    count,
    usedBy: users,
  })
}

/** The vocabulary as this transaction leaves it: what was written has been sent. It must be sound, or nothing of it stands. */
async function seenAfter(tx: Connection, noun: Noun): Promise<Vocabulary> {
  const after = await vocabulary.load(tx)
  const faults = goneFaults(noun, after, '/replaceWith')
  if (faults.length) throw invalidInput(faults)
  return after
}

export const removeType = removing('type', 'removeType')
export const removeStatus = removing('status', 'removeStatus')
export const removePriority = removing('priority', 'removePriority')
export const removeCategory = removing('category', 'removeCategory')
export const removeProject = removing('project', 'removeProject')
