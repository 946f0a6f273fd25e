import { sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { prepare } from '../../db/statement.ts'
import { isStaff } from '../../kernel/actor.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { offered } from '../tickets/moving.ts'
import { ticket } from '../tickets/queries.ts'
import { lockable, lockedFrom } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { vocabulary } from '../types/store.ts'
import { workflowOf } from './decide.ts'
import { type TransitionOffer, TransitionsOf, type Workflow, WorkflowAct } from './schema.ts'

/** The workflow of a type; where none was saved the one that holds then, of version 0. */
export const workflowQuery = defineQuery({
  name: 'workflow',
  group: 'vocabularies',
  input: WorkflowAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ cached }, { key }): Promise<Workflow> {
    const words = await cached(vocabulary)
    if (!words.types.has(key)) throw new Problem('type_not_found')
    return workflowOf(words, key)
  },
})

/** Where the caller may bring a ticket now, and what is missing. Who may not see the ticket finds none; requesters move nothing. */
export const transitionsQuery = defineQuery({
  name: 'transitions',
  group: 'tickets',
  input: TransitionsOf,
  refuse: () => undefined,

  async read(context, { ticketId }): Promise<TransitionOffer[]> {
    const { id } = await ticket.read(context, { ticketId })
    return (await offersFor(context, [id])).get(id) ?? []
  },
})

const IDS_MAX = 100

/** The same of many tickets that the caller sees. For loaders. */
export const transitionsByTicket = defineQuery({
  name: 'transitionsByTicket',
  group: 'tickets',
  input: Closed({ ticketIds: Type.Array(Id(), { maxItems: IDS_MAX }) }),
  refuse: () => undefined,
  read: (context, { ticketIds }) => offersFor(context, ticketIds),
})

const byIds = prepare<{ ids: string[] }>()(($) => lockable().where(sql`${tickets.id} = any(${$.ids}::text[])`))

async function offersFor(
  { db, actor, now, cached }: QueryContext,
  ids: string[],
): Promise<Map<string, TransitionOffer[]>> {
  if (!isStaff(actor)) return new Map()
  const [words, { rows }] = await Promise.all([cached(vocabulary), db.query(byIds.bind({ ids }))])
  return new Map(rows.map(lockedFrom).map((locked) => [locked.ticket.id, offered({ ...locked, words, actor, now })]))
}
