import type { PersonActor, Rights } from '../../kernel/actor.ts'
import type { people } from './table.ts'

export type PersonRow = typeof people.$inferSelect

/** What is known of somebody's rights beside their record. */
export interface Standing extends Pick<PersonActor, 'sharedOrganizationId' | 'teamIds'> {
  rights: Rights | null
}

const BY_MAIL: Standing = { sharedOrganizationId: null, teamIds: [], rights: null }

/** Somebody who acts. Without a standing as one whose mail is filed: what it may do was decided where it was filed. */
export const actorOf = (
  { id, role, actsAs, name, email, supportTeam }: PersonRow,
  standing: Standing = BY_MAIL,
): PersonActor => ({
  kind: 'person',
  id,
  role,
  actsAs,
  name,
  email,
  supportTeam,
  ...standing,
  apiKeyId: null,
  scopes: ['*'],
})
