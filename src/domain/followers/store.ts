import { and, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import type { PersonRow } from '../people/decide.ts'
import { insertPerson } from '../people/store.ts'
import { type LockedTicket, touchTicket } from '../tickets/store.ts'
import type { FollowerSource } from './schema.ts'
import { ticketFollowers } from './table.ts'

/** People who receive the public replies of a ticket from now on: what was written before is not sent to them. */
export function insertFollowers(
  { insert, update, emit, actor, now }: CommandContext,
  ticket: LockedTicket['ticket'],
  people: readonly Pick<PersonRow, 'id'>[],
  source: FollowerSource = 'mail',
): void {
  if (people.length) touchTicket({ update }, ticket)
  for (const { id: personId } of people) {
    const addedById = actor.kind === 'person' ? actor.id : null
    insert(ticketFollowers, { ticketId: ticket.id, personId, source, addedById, createdAt: now })
    emit({
      type: 'ticket.followed',
      ticketId: ticket.id,
      object: { type: 'person', id: personId, version: null },
      data: { personId },
    })
  }
}

interface Copied {
  others: readonly string[]
  copied: ReadonlyMap<string, PersonRow>
}

/** Who of those copied becomes a follower: everybody who is not one already, known or new, but the requester. */
export async function followersAmong(
  context: CommandContext,
  { others, copied }: Copied,
  { requester, followers }: Pick<LockedTicket, 'requester' | 'followers'>,
): Promise<PersonRow[]> {
  const known = new Set([requester.id, ...followers.map(({ id }) => id)])
  const draft = { name: null, role: 'requester', supportTeam: false, verified: false } as const
  const among: PersonRow[] = []
  for (const email of others) {
    const person = copied.get(email)
    if (person && (known.has(person.id) || person.disabledAt)) continue
    if (person) known.add(person.id)
    among.push(person ?? (await insertPerson(context, { ...draft, email })))
  }
  return among
}

const one = prepare<{ ticketId: string; personId: string }>()(($) =>
  build
    .select(rowOf(ticketFollowers))
    .from(ticketFollowers)
    .where(and(eq(ticketFollowers.ticketId, $.ticketId), eq(ticketFollowers.personId, $.personId)))
    .for('update'),
)

export const findFollower = async (tx: Connection, ticketId: string, personId: string) =>
  (await tx.query(one.bind({ ticketId, personId }))).rows[0]
