import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { SubjectContext } from '../../kernel/desk.ts'
import { isOurs } from '../mailboxes/recipient.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import type { Action } from './schema.ts'

/** What actions can name: the words of the desk, and those of the templates and macros they name that are there. */
export interface Named {
  words: Vocabulary
  templates: ReadonlySet<string>
  macros: ReadonlySet<string>
  isOurs(address: string): boolean
}

const there = prepareSql<{ templates: string[]; macros: string[] }, { kind: 'template' | 'macro'; key: string }>()(
  ($) => sql`select 'template' as kind, key from templates where key = any(${$.templates}::text[])
    union all select 'macro', key from macros where key = any(${$.macros}::text[])`,
)

/** Looks up what actions name. */
export async function namedBy(
  db: Connection,
  { cached, settings }: Pick<SubjectContext, 'cached' | 'settings'>,
  actions: readonly Action[],
): Promise<Named> {
  const keys = (member: string) => actions.flatMap((action) => textOf(action[member]))
  const asked = { templates: keys('template'), macros: keys('key') }
  const isAsked = asked.templates.length + asked.macros.length > 0
  const [words, boxes, found] = await Promise.all([
    cached(vocabulary),
    cached(mailboxesCached),
    isAsked ? db.query(there.bind(asked)) : { rows: [] },
  ])
  const of = (wanted: string) => new Set(found.rows.filter(({ kind }) => kind === wanted).map(({ key }) => key))
  return {
    words,
    templates: of('template'),
    macros: of('macro'),
    isOurs: (address) => isOurs(boxes, settings.replyDomain, normaliseAddress(address) ?? address),
  }
}

const textOf = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])
