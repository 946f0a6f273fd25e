import { defineCommand } from '../../kernel/desk.ts'
import { hiddenFrom, refuseKeyWork } from './policy.ts'
import { ApiKeyAct } from './schema.ts'
import { lockApiKey } from './store.ts'
import { apiKeys } from './table.ts'

/** Ends a key, within a second everywhere. Revoking it again changes nothing. */
export const revokeApiKey = defineCommand({
  name: 'revokeApiKey',
  group: 'access',
  input: ApiKeyAct,
  subject: ({ tx }, { apiKeyId }) => lockApiKey(tx, apiKeyId),
  refuse: (actor, key) => hiddenFrom(actor) ?? refuseKeyWork(actor, key.personId, []),

  handle({ update, emit, now }, _input, key) {
    const gone = { id: key.id }
    if (key.revokedAt) return gone
    update(apiKeys, key, { revokedAt: now })
    emit({
      type: 'apiKey.revoked',
      object: { type: 'apiKey', id: key.id, version: null },
      data: { personId: key.personId },
    })
    return gone
  },
})
