import { type Actor, isStaff } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { kinds, wordsOf } from './kinds.ts'
import { type Noun, type Word, WordAct } from './schema.ts'
import { type Vocabulary, vocabulary } from './store.ts'

/** Everybody reads the vocabulary: a portal shows its words too. */
const anybody = () => undefined

/** Requesters are not offered hidden types. */
const seenBy = (actor: Actor, noun: Noun, words: Vocabulary): ReadonlyMap<string, Word> =>
  noun !== 'type' || isStaff(actor)
    ? wordsOf(noun, words)
    : new Map([...words.types].filter(([, { hidden }]) => !hidden))

/** All words of a vocabulary, in their order. */
const listing = (noun: Noun) =>
  defineQuery({
    name: kinds[noun].plural,
    group: 'vocabularies',
    input: NoInput,
    refuse: anybody,
    read: async ({ actor, cached }) => [...seenBy(actor, noun, await cached(vocabulary)).values()],
  })

const reading = (noun: Noun) =>
  defineQuery({
    name: noun,
    group: 'vocabularies',
    input: WordAct,
    refuse: anybody,

    async read({ actor, cached }, { key }) {
      const word = seenBy(actor, noun, await cached(vocabulary)).get(key)
      if (!word) throw new Problem(kinds[noun].notFound)
      return word
    },
  })

export const types = listing('type')
export const statuses = listing('status')
export const priorities = listing('priority')
export const categories = listing('category')
export const projects = listing('project')
export const typeQuery = reading('type')
export const statusQuery = reading('status')
export const priorityQuery = reading('priority')
export const categoryQuery = reading('category')
export const projectQuery = reading('project')
