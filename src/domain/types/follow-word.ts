import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id, Key, Nullable } from '../../kernel/schema.ts'
import { bringAlong, followers, rankAnew } from './following.ts'
import { wordsOf } from './kinds.ts'
import { nouns } from './schema.ts'
import { vocabulary } from './store.ts'

/** The next tickets follow what has become of a word, and another job those behind them. Internal. A job that comes twice finds nothing to do. */
export const followWord = defineCommand({
  name: 'followWord',
  group: 'vocabularies',
  input: Closed({ noun: Type.Enum([...nouns]), key: Key(), to: Nullable(Key()), after: Nullable(Id()) }),

  async subject({ tx, cached }, following) {
    const { noun, key, to } = following
    const words = await cached(vocabulary)
    const known = wordsOf(noun, words)
    // somebody has added the removed word again, or removed the other one: its tickets are where they belong
    const isOver = to === null ? !known.has(key) : known.has(key) || !known.has(to)
    const isRank = noun === 'priority' && to === null
    const category = noun === 'status' && to === null ? words.statuses.get(key)?.category : undefined
    return { words, isOver, isRank, found: isOver || isRank ? [] : await followers(tx, following, category) }
  },

  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, following, { words, isOver, isRank, found }) {
    if (isOver) return null
    if (isRank) await rankAnew(context, following.key, words.priorities.get(following.key)?.position ?? 0)
    else bringAlong(context, words, following, found)
    return null
  },
})
