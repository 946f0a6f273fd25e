import { sql } from 'drizzle-orm'
import type { Db } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { type Clock, type Instant, instantOf } from '../../kernel/clock.ts'
import { newId } from '../../kernel/ids.ts'
import { WriteSet } from '../../kernel/write-set.ts'
import { activities } from '../activities/table.ts'
import { mailboxes } from '../mailboxes/table.ts'
import { people, personEmails } from '../people/table.ts'
import { insertShippedRules } from '../rules/seed.ts'
import { priorities, statuses, types } from '../types/table.ts'
import { newSecret } from './secret.ts'
import { insertApiKey } from './store.ts'

// Of several first starts one inserts this row; the others wait for its commit and find it there.
const becomeFirst = prepareSql<object, { id: number }>()(
  () => sql`insert into versions (id, vocabulary, rules) values (1, 1, 1) on conflict do nothing returning id`,
)

export interface FirstDesk {
  mailDomain: string
  /** Given by the operator; otherwise one is made. */
  bootstrapApiKey: string | undefined
}

/**
 * The default desk on an empty database: vocabularies, a mailbox, the first admin and their key. Answers the key, once;
 * undefined when the desk was there. `keep` is called before the commit: a key that could not be kept is no key.
 */
export async function makeFirstDesk(
  db: Db,
  clock: Clock,
  { mailDomain, bootstrapApiKey }: FirstDesk,
  keep: (key: string) => void,
): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    if (!(await tx.query(becomeFirst.bind({}))).rows.length) return
    const now = instantOf(clock())
    const writes = new WriteSet()
    insertVocabularies(writes)
    insertActivities(writes, now)
    insertShippedRules(writes, now)
    const times = { version: 1, createdAt: now, updatedAt: now }
    writes.insert(mailboxes, {
      id: newId('mbx'),
      address: `support@${mailDomain}`,
      name: 'Support',
      type: 'ticket',
      priority: null,
      category: null,
      project: null,
      teamId: null,
      ...times,
    })

    const email = `admin@${mailDomain}`
    const personId = newId('per')
    writes.insert(people, {
      id: personId,
      name: 'Admin',
      email,
      emails: [email],
      role: 'admin',
      actsAs: 'admin',
      supportTeam: true,
      organizationId: null,
      locale: null,
      timeZone: null,
      disabledAt: null,
      mergedIntoId: null,
      erasedAt: null,
      notices: {},
      ...times,
    })
    writes.insert(personEmails, { address: email, personId, verifiedAt: now, createdAt: now })
    const secret = bootstrapApiKey ?? newSecret()
    insertApiKey(
      { insert: (table, row) => writes.insert(table, row), now },
      { name: 'First key', personId, scopes: ['*'], expiresAt: null, createdById: null, secret },
    )
    keep(secret)
    await tx.commit(writes.take())
    return secret
  })
}

function insertActivities(writes: WriteSet, now: Instant): void {
  for (const [n, [key, name]] of (
    [
      ['support', 'Support'],
      ['phone', 'Phone call'],
      ['on_site', 'On site'],
      ['travel', 'Travel'],
      ['meeting', 'Meeting'],
    ] as const
  ).entries()) {
    const stamps = { version: 1, createdAt: now, updatedAt: now }
    writes.insert(activities, { key, name, position: n + 1, billable: true, rate: null, enabled: true, ...stamps })
  }
}

function insertVocabularies(writes: WriteSet): void {
  writes.insert(types, {
    key: 'ticket',
    name: 'Ticket',
    position: 1,
    enabled: true,
    defaultStatus: 'open',
    defaultPriority: 'normal',
  })
  for (const [n, [key, name, category]] of (
    [
      ['open', 'Open', 'open'],
      ['waiting_on_agent', 'Waiting on agent', 'open'],
      ['waiting_on_customer', 'Waiting on customer', 'waiting_on_customer'],
      ['on_hold', 'On hold', 'waiting_on_other'],
      ['solved', 'Solved', 'solved'],
      ['closed', 'Closed', 'closed'],
    ] as const
  ).entries()) {
    writes.insert(statuses, { key, name, category, position: n + 1, requesterLabel: null })
  }
  for (const [n, [key, name]] of (
    [
      ['low', 'Low'],
      ['normal', 'Normal'],
      ['high', 'High'],
      ['urgent', 'Urgent'],
    ] as const
  ).entries()) {
    writes.insert(priorities, { key, name, position: n + 1 })
  }
}
