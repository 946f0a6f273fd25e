import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { prepareSql } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed } from '../../kernel/schema.ts'

const forget = prepareSql<{ id: string }, never>()(($) => sql`delete from workers where id = ${$.id}`)

/** A worker stops in good order: it has finished its jobs and leaves nothing to adopt. Internal. */
export const leave = defineCommand({
  name: 'leave',
  group: 'mail',
  input: Closed({ workerId: Type.String({ maxLength: 64 }) }),
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),

  async handle({ query }, { workerId }) {
    await query(forget.bind({ id: workerId }))
    return null
  },
})
