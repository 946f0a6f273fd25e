import { asc } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { invalid } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import type { CustomField } from '../fields/schema.ts'
import { customFields } from '../fields/table.ts'
import type { Priority, Status, TicketType } from './schema.ts'
import { priorities, statuses, types } from './table.ts'

const allTypes = prepare()(() => build.select(rowOf(types)).from(types).orderBy(asc(types.position)))
const allStatuses = prepare()(() => build.select(rowOf(statuses)).from(statuses).orderBy(asc(statuses.position)))
const allPriorities = prepare()(() =>
  build.select(rowOf(priorities)).from(priorities).orderBy(asc(priorities.position)),
)
const allFields = prepare()(() =>
  build.select(rowOf(customFields)).from(customFields).orderBy(asc(customFields.position), asc(customFields.key)),
)

export interface Vocabulary {
  types: ReadonlyMap<string, TicketType>
  statuses: ReadonlyMap<string, Status>
  priorities: ReadonlyMap<string, Priority>
  /** Custom fields in the order of forms, retired ones too. */
  fields: ReadonlyMap<string, CustomField>
}

const byKey = <T extends { key: string }>(rows: T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.key, row]))

/** Small, read by every command, changed by admins now and then. */
export const vocabulary: Cached<Vocabulary> = {
  part: 'vocabulary',
  async load(connection) {
    const [typeRows, statusRows, priorityRows, fieldRows] = await Promise.all([
      connection.query(allTypes.bind({})),
      connection.query(allStatuses.bind({})),
      connection.query(allPriorities.bind({})),
      connection.query(allFields.bind({})),
    ])
    return {
      types: byKey(typeRows.rows),
      statuses: byKey(statusRows.rows),
      priorities: byKey(priorityRows.rows),
      fields: byKey(fieldRows.rows),
    }
  },
}

const unknownKey = (pointer: string, key: string, known: ReadonlyMap<string, unknown>) =>
  invalid(pointer, 'not_found', `${key} is none of ${[...known.keys()].slice(0, 20).join(', ')}`)

/** The words that an input names, or the defaults of the type. */
export function chosenWords(
  vocabulary: Vocabulary,
  input: { type?: string; status?: string; priority?: string },
): { type: TicketType; status: Status; priority: Priority } {
  const [first] = vocabulary.types.values()
  const type = input.type === undefined ? first : vocabulary.types.get(input.type)
  if (!type) throw unknownKey('/type', input.type ?? '', vocabulary.types)
  return {
    type,
    status: statusOf(vocabulary, input.status ?? type.defaultStatus),
    priority: priorityOf(vocabulary, input.priority ?? type.defaultPriority),
  }
}

export function typeOf(vocabulary: Vocabulary, key: string): TicketType {
  const type = vocabulary.types.get(key)
  if (!type) throw unknownKey('/type', key, vocabulary.types)
  return type
}

export function statusOf(vocabulary: Vocabulary, key: string): Status {
  const status = vocabulary.statuses.get(key)
  if (!status) throw unknownKey('/status', key, vocabulary.statuses)
  return status
}

export function priorityOf(vocabulary: Vocabulary, key: string): Priority {
  const priority = vocabulary.priorities.get(key)
  if (!priority) throw unknownKey('/priority', key, vocabulary.priorities)
  return priority
}
