import { sql } from 'drizzle-orm'
import { rowOf } from '../../db/statement.ts'
import { isAdmin } from '../../kernel/actor.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import type { AccessSettings, ApiKey } from './schema.ts'
import { apiKeys } from './table.ts'
import { findAccess } from './ways.ts'

const { secretHash: _, ...columns } = rowOf(apiKeys)

export const allKeys: List<ApiKey> = {
  name: 'api_keys',
  columns,
  from: apiKeys,
  id: apiKeys.id,
  filters: {
    personId: { column: apiKeys.personId, kind: 'reference' },
    name: { column: apiKeys.name, kind: 'text' },
    createdAt: { column: apiKeys.createdAt, kind: 'instant' },
  },
  sorts: { createdAt: { column: apiKeys.id, property: 'id' } },
  defaultSort: '-createdAt',
}
const ownKeys: List<ApiKey> = {
  ...allKeys,
  name: 'own_api_keys',
  visible: ({ id }) => sql`${apiKeys.personId} = ${id}`,
}

/** One's own keys; an admin's answer is everybody's. Never the secrets: nobody has them. */
export const apiKeysQuery = defineQuery({
  name: 'apiKeys',
  group: 'access',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(isAdmin(context.actor) ? allKeys : ownKeys, context, input),
})

/** By which ways clients may open and update tickets. */
export const accessSettingsQuery = defineQuery({
  name: 'accessSettings',
  group: 'access',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }): Promise<AccessSettings> {
    const { id: _, ...settings } = (await findAccess(db)).row
    return settings
  },
})
