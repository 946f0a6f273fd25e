import type { PersonActor } from '../../kernel/actor.ts'
import type { people } from './table.ts'

export type PersonRow = typeof people.$inferSelect

/** Somebody who acts with all that their role allows, and on what is theirs where no organization is shared with them. */
export const actorOf = (
  { id, role, name, email, supportTeam }: PersonRow,
  sharedOrganizationId: string | null = null,
): PersonActor => ({
  kind: 'person',
  id,
  role,
  name,
  email,
  supportTeam,
  sharedOrganizationId,
  apiKeyId: null,
  scopes: ['*'],
})
