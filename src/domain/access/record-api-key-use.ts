import { defineCommand } from '../../kernel/desk.ts'
import { ApiKeyAct } from './schema.ts'
import { touchApiKey } from './store.ts'

/** Notes that a key was used; called at most once a minute for each key. Internal: no event, nobody else's business. */
export const recordApiKeyUse = defineCommand({
  name: 'recordApiKeyUse',
  group: 'access',
  input: ApiKeyAct,
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle(context, { apiKeyId }) {
    await touchApiKey(context, apiKeyId)
    return null
  },
})
