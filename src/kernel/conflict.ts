import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Connection } from '../db/client.ts'
import { build, named, prepare } from '../db/statement.ts'
import { type Changes, events } from './events.ts'
import { Problem } from './problems.ts'

/** A ticket's events lie under the ticket, those of other objects under none: each way has its index. */
const changesSince = (isTicket: boolean) =>
  prepare<{ objectId: string; version: number }>()(($) =>
    build
      .select({ changes: named<Changes>('changes', events.changes) })
      .from(events)
      .where(
        and(
          isTicket ? eq(events.ticketId, $.objectId) : isNull(events.ticketId),
          eq(events.objectId, $.objectId),
          gt(events.objectVersion, $.version),
        ),
      ),
  )
const changesOfTicket = changesSince(true)
const changesOfOther = changesSince(false)

/**
 * 412 when a field that this input sets was changed since the version its sender read. Other fields do not conflict.
 * The object is locked already; only a stale reader costs a read.
 */
export async function refuseStale(
  tx: Connection,
  object: { id: string; version: number },
  expectedVersion: number | undefined,
  fields: readonly string[],
): Promise<void> {
  if (expectedVersion === undefined || expectedVersion === object.version) return
  const statement = object.id.startsWith('tkt_') ? changesOfTicket : changesOfOther
  const { rows } = await tx.query(statement.bind({ objectId: object.id, version: expectedVersion }))
  const changed = new Set(rows.flatMap(({ changes }) => Object.keys(changes)))
  const conflicting = expectedVersion > object.version ? [...fields] : fields.filter((field) => changed.has(field))
  if (!conflicting.length) return
  throw conflictOver(object.version, conflicting)
}

/** 412 about these fields. */
export const conflictOver = (currentVersion: number, fields: readonly string[]): Problem =>
  new Problem('version_conflict', {
    currentVersion,
    fields: [...fields],
    errors: fields.map((field) => ({
      pointer: `/${field.replaceAll('.', '/')}`,
      code: 'changed',
      detail: 'was changed since you read it',
    })),
  })
