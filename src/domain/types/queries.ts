import { defineQuery } from '../../kernel/desk.ts'
import { NoInput } from '../../kernel/schema.ts'
import { vocabulary } from './store.ts'

/** Everybody reads the vocabulary: a portal shows its words too. */
const anybody = () => undefined

export const types = defineQuery({
  name: 'types',
  group: 'vocabularies',
  input: NoInput,
  refuse: anybody,
  read: async ({ cached }) => [...(await cached(vocabulary)).types.values()],
})

export const statuses = defineQuery({
  name: 'statuses',
  group: 'vocabularies',
  input: NoInput,
  refuse: anybody,
  read: async ({ cached }) => [...(await cached(vocabulary)).statuses.values()],
})

export const priorities = defineQuery({
  name: 'priorities',
  group: 'vocabularies',
  input: NoInput,
  refuse: anybody,
  read: async ({ cached }) => [...(await cached(vocabulary)).priorities.values()],
})
