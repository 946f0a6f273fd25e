import { asc } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { nearest } from '../../kernel/nearest.ts'
import { invalid, invalidInput, type Problem } from '../../kernel/problems.ts'
import type { Cached } from '../../kernel/versions.ts'
import type { CustomField } from '../fields/schema.ts'
import { customFields } from '../fields/table.ts'
import { workflows } from '../workflows/table.ts'
import type { Category, Priority, Project, Status, TicketType } from './schema.ts'
import { categories, priorities, projects, statuses, types } from './table.ts'

type WorkflowRow = typeof workflows.$inferSelect

interface Named {
  key: PgColumn
  position: PgColumn
}
/** The order of words everywhere. */
const inOrder = ({ position, key }: Named) => [asc(position), asc(key)]

const allTypes = prepare()(() =>
  build
    .select(rowOf(types))
    .from(types)
    .orderBy(...inOrder(types)),
)
const allStatuses = prepare()(() =>
  build
    .select(rowOf(statuses))
    .from(statuses)
    .orderBy(...inOrder(statuses)),
)
const allPriorities = prepare()(() =>
  build
    .select(rowOf(priorities))
    .from(priorities)
    .orderBy(...inOrder(priorities)),
)
const allCategories = prepare()(() =>
  build
    .select(rowOf(categories))
    .from(categories)
    .orderBy(...inOrder(categories)),
)
const allProjects = prepare()(() =>
  build
    .select(rowOf(projects))
    .from(projects)
    .orderBy(...inOrder(projects)),
)
const allWorkflows = prepare()(() => build.select(rowOf(workflows)).from(workflows))
const allFields = prepare()(() =>
  build.select(rowOf(customFields)).from(customFields).orderBy(asc(customFields.position), asc(customFields.key)),
)

export interface Vocabulary {
  types: ReadonlyMap<string, TicketType>
  statuses: ReadonlyMap<string, Status>
  priorities: ReadonlyMap<string, Priority>
  categories: ReadonlyMap<string, Category>
  projects: ReadonlyMap<string, Project>
  /** By type; types without one have every status, any to any. */
  workflows: ReadonlyMap<string, WorkflowRow>
  /** Custom fields in the order of forms, retired ones too. */
  fields: ReadonlyMap<string, CustomField>
}

const byKey = <T extends { key: string }>(rows: T[]): ReadonlyMap<string, T> =>
  new Map(rows.map((row) => [row.key, row]))

/** Small, read by every command, changed by admins now and then. */
export const vocabulary: Cached<Vocabulary> = {
  part: 'vocabulary',
  async load(connection) {
    const [typeRows, statusRows, priorityRows, categoryRows, projectRows, workflowRows, fieldRows] = await Promise.all([
      connection.query(allTypes.bind({})),
      connection.query(allStatuses.bind({})),
      connection.query(allPriorities.bind({})),
      connection.query(allCategories.bind({})),
      connection.query(allProjects.bind({})),
      connection.query(allWorkflows.bind({})),
      connection.query(allFields.bind({})),
    ])
    return {
      types: byKey(typeRows.rows),
      statuses: byKey(statusRows.rows),
      priorities: byKey(priorityRows.rows),
      categories: byKey(categoryRows.rows),
      projects: byKey(projectRows.rows),
      workflows: new Map(workflowRows.rows.map((row) => [row.type, row])),
      fields: byKey(fieldRows.rows),
    }
  },
}

function unknownKey(pointer: string, key: string, known: ReadonlyMap<string, unknown>): Problem {
  const detail = `${key} is none of ${[...known.keys()].slice(0, 20).join(', ')}`
  const meant = nearest(key, [...known.keys()])
  return invalidInput([{ pointer, code: 'not_found', detail, ...(meant ? { didYouMean: meant } : {}) }])
}

/** The words that an input names, or the defaults of the type. Requesters are not offered hidden types, and disabled ones take nothing. */
export function chosenWords(
  vocabulary: Vocabulary,
  input: OpeningWords,
  offers: (type: TicketType) => boolean = () => true,
): ChosenWords {
  const { types } = vocabulary
  const type = input.type === undefined ? [...types.values()].find(offers) : types.get(input.type)
  if (!type || !offers(type))
    throw unknownKey('/type', input.type ?? '', new Map([...types].filter(([, each]) => offers(each))))
  const status = statusOf(vocabulary, input.status ?? type.defaultStatus)
  const workflow = vocabulary.workflows.get(type.key)
  if (input.status !== undefined && workflow && !workflow.statuses.includes(status.key))
    throw invalid('/status', 'not_allowed', `${status.key} is no status of the workflow of ${type.key}`)
  return {
    type,
    status,
    priority: priorityOf(vocabulary, input.priority ?? type.defaultPriority),
    category: categoryOf(vocabulary, input.category ?? null),
    project: projectOf(vocabulary, input.project ?? null),
  }
}

interface OpeningWords {
  type?: string
  status?: string
  priority?: string
  category?: string
  project?: string
}

interface ChosenWords {
  type: TicketType
  status: Status
  priority: Priority
  category: string | null
  project: string | null
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

/** The category itself, where there is such a one; tickets need none. */
export function categoryOf({ categories }: Vocabulary, key: string | null): string | null {
  if (key !== null && !categories.has(key)) throw unknownKey('/category', key, categories)
  return key
}

/** The project itself, where there is such a one; tickets need none. */
export function projectOf({ projects }: Vocabulary, key: string | null): string | null {
  if (key !== null && !projects.has(key)) throw unknownKey('/project', key, projects)
  return key
}
