import { defineCommand } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { findPerson } from '../people/store.ts'
import { refuseKeyWork } from './policy.ts'
import { CreateApiKey } from './schema.ts'
import { insertApiKey } from './store.ts'

/** A new key; the answer is the only place where it can be read. */
export const createApiKey = defineCommand({
  name: 'createApiKey',
  group: 'access',
  input: CreateApiKey,
  secretResult: ['key'],

  async subject({ tx, actor, now }, { personId, expiresAt }) {
    return {
      person: await findPerson(tx, personId ?? actor.id),
      until: instantIn('/expiresAt', expiresAt) ?? null,
      now,
    }
  },

  refuse(actor, { person, until, now }, { personId, scopes = ['*'] }) {
    const refusal = refuseKeyWork(actor, personId, scopes)
    if (refusal) return refusal
    if (!person || person.disabledAt) return invalid('/personId', 'not_found', 'is no person who may act')
    if (until !== null && until <= now) return invalid('/expiresAt', 'past', 'lies in the past')
  },

  handle(context, { name, scopes = ['*'] }, { person, until }) {
    const personId = person?.id ?? context.actor.id
    const key = insertApiKey(context, { name, personId, scopes, expiresAt: until, createdById: context.actor.id })
    context.emit({
      type: 'apiKey.created',
      object: { type: 'apiKey', id: key.id, version: null },
      data: { personId, scopes },
    })
    return key
  },
})
