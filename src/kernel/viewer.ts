import { type Placeholder, type SQL, sql } from 'drizzle-orm'
import { type Actor, type Reach, reachOf, sharedOrganizationOf, teamsOf } from './actor.ts'

/** Who asks, in the text of a statement whose WHERE holds what they may see. */
export interface Viewer {
  id: SQL
  /** The organization whose tickets they read beside their own; null where there is none. */
  shared: SQL
  /** The teams whose tickets they read beside their own. */
  teams: SQL
  reach: SQL
}

/** The same as the values of a statement. */
export interface Viewing {
  viewer: string
  shared: string | null
  teams: string[]
  reach: Reach
}

export const viewerIn = ($: Record<keyof Viewing, Placeholder>): Viewer => ({
  id: sql`${$.viewer}`,
  shared: sql`${$.shared}`,
  teams: sql`${$.teams}::text[]`,
  reach: sql`${$.reach}::text`,
})

export const viewing = (actor: Actor): Viewing => ({
  viewer: actor.id,
  shared: sharedOrganizationOf(actor),
  teams: [...teamsOf(actor)],
  reach: reachOf(actor),
})
