import type { CommandContext } from '../../kernel/context.ts'
import { passwords } from './table.ts'

/** The constraint that says that somebody was quicker to set a first password. */
export const PASSWORD_CONSTRAINT = 'passwords_pkey'

/** Writes the hash of a password, and tells that there is a new one. */
export function keepPassword(
  { insert, update, emit, now }: CommandContext,
  personId: string,
  held: typeof passwords.$inferSelect | undefined,
  hash: string,
): void {
  if (held) update(passwords, held, { hash, changedAt: now })
  else insert(passwords, { personId, hash, changedAt: now })
  emit({ type: 'password.changed', object: { type: 'person', id: personId, version: null }, data: { personId } })
}
