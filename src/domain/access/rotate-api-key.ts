import { after, HOUR_MS } from '../../kernel/clock.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { hiddenFrom, refuseKeyWork } from './policy.ts'
import { RotateApiKey } from './schema.ts'
import { insertApiKey, lockApiKey } from './store.ts'
import { apiKeys } from './table.ts'

/** A successor with the same rights; the old key ends at once, or after an overlap of at most a day. */
export const rotateApiKey = defineCommand({
  name: 'rotateApiKey',
  group: 'access',
  input: RotateApiKey,
  secretResult: ['key'],
  subject: ({ tx }, { apiKeyId }) => lockApiKey(tx, apiKeyId),
  refuse: (actor, key) =>
    hiddenFrom(actor) ??
    refuseKeyWork(actor, key.personId, key.scopes) ??
    (key.revokedAt ? 'api_key_not_found' : undefined),

  handle(context, { overlapHours = 0 }, key) {
    const { name, personId, scopes, expiresAt } = key
    const successor = insertApiKey(context, { name, personId, scopes, expiresAt, createdById: context.actor.id })
    const endsAt = after(context.now, overlapHours * HOUR_MS)
    context.update(apiKeys, key, { expiresAt: expiresAt !== null && expiresAt < endsAt ? expiresAt : endsAt })
    context.emit({
      type: 'apiKey.rotated',
      object: { type: 'apiKey', id: key.id, version: null },
      data: { personId, successorId: successor.id },
    })
    return successor
  },
})
