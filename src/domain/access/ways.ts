import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { type Actor, type Channel, isStaff } from '../../kernel/actor.ts'
import type { SubjectContext } from '../../kernel/context.ts'
import type { ProblemCode } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import type { AccessSettings, AccessWay } from './schema.ts'
import { accessSettings } from './table.ts'

export type SettingsRow = typeof accessSettings.$inferSelect

const settings = prepare()(() => build.select(rowOf(accessSettings)).from(accessSettings).limit(1))
const OPEN: AccessWay = { create: true, update: true }
const DEFAULT: SettingsRow = { id: 'desk', mail: OPEN, apiRequester: OPEN, apiFullUser: OPEN, version: 1 }

/** By which ways clients may come; where nobody has said anything, by all. */
export async function findAccess(connection: Connection): Promise<{ row: SettingsRow; isStored: boolean }> {
  const [row] = (await connection.query(settings.bind({}))).rows
  return { row: row ?? DEFAULT, isStored: row !== undefined }
}

/** The same, as every process remembers it. */
export const accessCached: Cached<AccessSettings> = {
  part: 'vocabulary',
  load: async (connection) => (await findAccess(connection)).row,
}

/** The way by which a client comes: mail, or the API as what their role makes of them. */
const wayOf = (actor: Actor, channel: Channel): keyof Omit<AccessSettings, 'version'> => {
  if (channel === 'email') return 'mail'
  return actor.kind === 'person' && actor.rights ? 'apiFullUser' : 'apiRequester'
}

/** Why a client may not open or update tickets by the way they come. The one place that asks; filing mail asks for `mail` itself. */
export async function refusedWay(
  { actor, channel, cached }: Pick<SubjectContext, 'actor' | 'channel' | 'cached'>,
  act: keyof AccessWay,
): Promise<ProblemCode | undefined> {
  if (isStaff(actor)) return
  const access = await cached(accessCached)
  return access[wayOf(actor, channel)][act] ? undefined : 'way_closed'
}
