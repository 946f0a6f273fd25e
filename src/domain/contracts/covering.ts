import { asc, sql } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { Ticket } from '../tickets/schema.ts'
import { covers } from './decide.ts'
import { type ContractRow, contractsLocked, turn } from './store.ts'
import { contracts } from './table.ts'

/** More than anybody may have; a merge of people can bring them together. */
const LOOKED_MAX = 200

// what is the requester's own comes before what is their organization's
const running = prepare<{ requesterId: string; organizationId: string | null; limit: number }>()(($) =>
  build
    .select(rowOf(contracts))
    .from(contracts)
    .where(
      sql`(${contracts.requesterId} = ${$.requesterId} or ${contracts.organizationId} = ${$.organizationId}) and ${contracts.endedAt} is null`,
    )
    .orderBy(sql`${contracts.requesterId} is null`, asc(contracts.startsOn), asc(contracts.id))
    .limit($.limit),
)

/** Work on a ticket that is to be covered. */
export interface Covered {
  ticket: Pick<Ticket, 'requesterId' | 'organizationId'>
  workedAt: string
}

/** How often what was found may have gone to somebody else, or ended, before it was locked. */
const TRIES_MAX = 3

/**
 * The contract that covers work, and others by id, all locked and in the period that runs now. Locks are taken in one order everywhere:
 * the ticket, which the command holds, then contracts by id; nothing that holds a contract asks for a ticket. Which one covers is looked up
 * without a lock, so it is looked at again once it is locked.
 */
export async function lockCovering(
  context: CommandContext,
  work: Covered | undefined,
  otherIds: readonly string[],
): Promise<{ cover: ContractRow | undefined; locked: ReadonlyMap<string, ContractRow> }> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const coverId = work && (await coveringId(context, work))
    const ids = [...new Set([...otherIds, ...(coverId === undefined ? [] : [coverId])])]
    if (!ids.length) return { cover: undefined, locked: new Map() }
    const { rows } = await context.query(contractsLocked.bind({ ids }))
    const locked = new Map(rows.map((row) => [row.id, row]))
    const cover = coverId === undefined ? undefined : locked.get(coverId)
    if (work && coverId !== undefined && !(cover && isCover(cover, work, context.now))) continue
    for (const row of rows) turn(context, row)
    // more periods are behind than one transaction goes through: the job comes first
    if (cover?.turnsAt && cover.turnsAt <= context.now) break
    return { cover, locked }
  }
  throw new Problem('too_busy', { retryAfterSeconds: 1 })
}

async function coveringId({ query, now }: CommandContext, work: Covered): Promise<string | undefined> {
  const { requesterId, organizationId } = work.ticket
  const { rows } = await query(running.bind({ requesterId, organizationId, limit: LOOKED_MAX }))
  return rows.find((row) => isCover(row, work, now))?.id
}

function isCover(contract: ContractRow, { ticket, workedAt }: Covered, now: string): boolean {
  const { requesterId, organizationId } = contract
  const isTheirs = requesterId === null ? organizationId === ticket.organizationId : requesterId === ticket.requesterId
  return isTheirs && covers(contract, workedAt, now)
}
