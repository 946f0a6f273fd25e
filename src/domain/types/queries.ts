import { type Actor, isStaff } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { kinds } from './kinds.ts'
import { type Noun, type TicketType, WordAct } from './schema.ts'
import { type Vocabulary, vocabulary } from './store.ts'

/** Everybody reads the vocabulary: a portal shows its words too. */
const anybody = () => undefined

type Words = Pick<Vocabulary, (typeof kinds)[Noun]['plural']>

/** What this actor sees of the words: requesters no hidden types. */
const seen = <K extends keyof Words>(words: Words, plural: K, actor: Actor): Words[K] =>
  plural === 'types' && !isStaff(actor)
    ? (new Map([...words.types].filter(([, { hidden }]) => !hidden)) as ReadonlyMap<string, TicketType> as Words[K]) // K is 'types'
    : words[plural]

const wordsQuery = <K extends keyof Words>(plural: K) =>
  defineQuery({
    name: plural,
    group: 'vocabularies',
    input: NoInput,
    refuse: anybody,
    read: async ({ actor, cached }): Promise<WordOf<K>[]> =>
      [...seen(await cached(vocabulary), plural, actor).values()] as WordOf<K>[], // the words of this vocabulary
  })

type WordOf<K extends keyof Words> = Words[K] extends ReadonlyMap<string, infer W> ? W : never

const wordQuery = <N extends Noun>(noun: N) =>
  defineQuery({
    name: noun,
    group: 'vocabularies',
    input: WordAct,
    refuse: anybody,

    async read({ actor, cached }, { key }) {
      const { plural, notFound } = kinds[noun]
      const word = seen(await cached(vocabulary), plural, actor).get(key)
      if (!word) throw new Problem(notFound)
      return word
    },
  })

export const types = wordsQuery('types')
export const statuses = wordsQuery('statuses')
export const priorities = wordsQuery('priorities')
export const categories = wordsQuery('categories')
export const projects = wordsQuery('projects')
export const typeQuery = wordQuery('type')
export const statusQuery = wordQuery('status')
export const priorityQuery = wordQuery('priority')
export const categoryQuery = wordQuery('category')
export const projectQuery = wordQuery('project')
