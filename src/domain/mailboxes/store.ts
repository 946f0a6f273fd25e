import { asc, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import { findTeam } from '../people/store.ts'
import { categoryOf, priorityOf, projectOf, typeOf, type Vocabulary } from '../types/store.ts'
import { mailboxes } from './table.ts'

export type MailboxRow = typeof mailboxes.$inferSelect

export const allMailboxes = prepare()(() =>
  build.select(rowOf(mailboxes)).from(mailboxes).orderBy(asc(mailboxes.createdAt), asc(mailboxes.id)),
)
const locked = prepare<{ id: string }>()(($) =>
  build.select(rowOf(mailboxes)).from(mailboxes).where(eq(mailboxes.id, $.id)).for('update'),
)

/** A signed reply address must fit into the 64 bytes of a local part: `<mailbox>+<37 characters>`. */
const MAILBOX_LOCAL_MAX = 26

/** All of them, oldest first: the first is the one that mail without another goes out from. */
export const mailboxesCached: Cached<MailboxRow[]> = {
  part: 'vocabulary',
  load: async (connection) => (await connection.query(allMailboxes.bind({}))).rows,
}

export async function lockMailbox(tx: Connection, id: string): Promise<MailboxRow> {
  const [mailbox] = (await tx.query(locked.bind({ id }))).rows
  if (!mailbox) throw new Problem('mailbox_not_found')
  return mailbox
}

/** The address of a mailbox in its one form: short enough for signed reply addresses, and without a sub-address. */
export function mailboxAddress(text: string): string {
  const address = normaliseAddress(text)
  const local = address?.split('@')[0] ?? ''
  if (!address) throw invalid('/address', 'email', 'is not an e-mail address (RFC 5321)')
  if (local.length > MAILBOX_LOCAL_MAX || local.includes('+')) {
    throw invalid(
      '/address',
      'too_long',
      `needs a local part of at most ${MAILBOX_LOCAL_MAX} characters without +, for signed reply addresses`,
    )
  }
  return address
}

interface Defaults {
  type?: string
  priority?: string | null
  category?: string | null
  project?: string | null
  teamId?: string | null
}

/** What a mailbox gives its tickets must exist. */
export async function checkDefaults(
  tx: Connection,
  words: Vocabulary,
  { type, priority, category = null, project = null, teamId }: Defaults,
): Promise<void> {
  if (type !== undefined) typeOf(words, type)
  if (priority) priorityOf(words, priority)
  categoryOf(words, category)
  projectOf(words, project)
  if (teamId && !(await findTeam(tx, teamId))) throw invalid('/teamId', 'not_found', 'is no team')
}
