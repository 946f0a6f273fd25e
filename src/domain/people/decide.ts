import type { PersonActor } from '../../kernel/actor.ts'
import type { people } from './table.ts'

export type PersonRow = typeof people.$inferSelect

/** Somebody who acts with all that their role allows. */
export const actorOf = ({ id, role, name, email, supportTeam }: PersonRow): PersonActor => ({
  kind: 'person',
  id,
  role,
  name,
  email,
  supportTeam,
  apiKeyId: null,
  scopes: ['*'],
})
