import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Fault } from '../../kernel/problems.ts'

const there = prepareSql<
  { team: string | null; template: string | null },
  { hasTeam: boolean; hasTemplate: boolean }
>()(
  ($) => sql`select exists (select 1 from teams where id = ${$.team}) as "hasTeam",
    exists (select 1 from templates where key = ${$.template}) as "hasTemplate"`,
)

/** The faults of an input that names a team or a template that is not there. */
export async function namedFaults(
  tx: Connection,
  input: { defaultTeamId?: string | null; template?: string | null },
): Promise<Fault[]> {
  const { defaultTeamId: team = null, template = null } = input
  if (team === null && template === null) return []
  const [found] = (await tx.query(there.bind({ team, template }))).rows
  return [
    ...(team === null || found?.hasTeam ? [] : [missing('/defaultTeamId', `${team} is no team`)]),
    ...(template === null || found?.hasTemplate ? [] : [missing('/template', `${template} is no template`)]),
  ]
}

const missing = (pointer: string, detail: string): Fault => ({ pointer, code: 'not_found', detail })
