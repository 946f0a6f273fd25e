import { type Static, type TProperties, type TUnsafe, Type } from 'typebox'
import { Closed, ExpectedVersion, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'

export const statusCategories = ['open', 'waiting_on_customer', 'waiting_on_other', 'solved', 'closed'] as const
export const StatusCategory = Type.Enum([...statusCategories])
export type StatusCategory = Static<typeof StatusCategory>

/** Vocabularies whose words are added, changed and removed alike. */
export const nouns = ['type', 'status', 'priority', 'category', 'project'] as const
export type Noun = (typeof nouns)[number]

/** A ticket keeps the position of its priority as a smallint. */
const POSITION_MAX = 32_000
const position = (description: string) => Type.Integer({ minimum: 0, maximum: POSITION_MAX, description })

const kept = { version: Type.Integer(), createdAt: Timestamp, updatedAt: Timestamp }
const plain = { name: Line(200), position: position('Its place in lists; equal ones by key') }
const ofPriority = { ...plain, position: position('Higher is more urgent') }
const ofStatus = {
  ...plain,
  category: StatusCategory,
  requesterLabel: Nullable(
    Type.String({ minLength: 1, maxLength: 200, description: 'What requesters read; the name where null' }),
  ),
  notifyRequester: Type.Boolean({ description: 'The requester is mailed when their ticket comes here, see tellPhase' }),
  template: Nullable(Key('What that mail says; a short letter of the desk where null')),
  pausesSla: Type.Boolean({ description: 'Time spent here does not count against targets' }),
}
const ofType = {
  ...plain,
  icon: Nullable(Type.String({ minLength: 1, maxLength: 64, description: 'The name of a picture, or an emoji' })),
  enabled: Type.Boolean({ description: 'A disabled type takes no new tickets by API; mail still becomes some' }),
  hidden: Type.Boolean({ description: 'Requesters are not offered it, and open none of it' }),
  numberPrefix: Nullable(
    Type.String({ pattern: '^[A-Za-z0-9]{1,10}-?$', description: 'Stands before the number where it is shown' }),
  ),
  defaultStatus: Key(),
  defaultPriority: Key(),
  defaultTeamId: Nullable(Id('Whose its tickets are first, where nothing else is said')),
}

export const TicketType = Closed(
  { key: Key(), ...ofType, ...kept },
  { $id: 'TicketType', description: 'A kind of ticket' },
)
export type TicketType = Static<typeof TicketType>
export const Status = Closed({ key: Key(), ...ofStatus, ...kept }, { $id: 'Status' })
export type Status = Static<typeof Status>
export const Priority = Closed({ key: Key(), ...ofPriority, ...kept }, { $id: 'Priority' })
export type Priority = Static<typeof Priority>
export const Category = Closed({ key: Key(), ...plain, ...kept }, { $id: 'Category' })
export type Category = Static<typeof Category>
export const Project = Closed({ key: Key(), ...plain, ...kept }, { $id: 'Project' })
export type Project = Static<typeof Project>

/** By the names that they have in both APIs. */
export const wordSchemas = { TicketType, Status, Priority, Category, Project }

/** What all words have; the members of their own hang on the vocabulary. */
export interface Word {
  key: string
  name: string
  position: number
  version: number
  createdAt: string
  updatedAt: string
}

const optional = (members: TProperties): TProperties =>
  Object.fromEntries(Object.entries(members).map(([name, member]) => [name, Type.Optional(member)]))

/** Members that name something: looked up before a word is written. */
interface Naming {
  defaultTeamId?: string | null
  template?: string | null
}
interface AddWord extends Naming {
  key: string
  name: string
  position?: number
}
interface ChangeWord extends Partial<AddWord> {
  key: string
  expectedVersion?: number
}

// members of their own are passed on as they were checked: what all words have is all that code reads
const adding = (members: TProperties, required: TProperties = {}) =>
  Closed({
    key: Key('lower_snake, never changed'),
    ...optional(members),
    name: plain.name,
    ...required,
  }) as unknown as TUnsafe<AddWord>
const changing = (members: TProperties) =>
  Closed({ key: Key(), expectedVersion: ExpectedVersion, ...optional(members) }) as unknown as TUnsafe<ChangeWord>

/** What is given for a new word, and for a change. */
export const wordInputs: Record<Noun, { add: TUnsafe<AddWord>; change: TUnsafe<ChangeWord> }> = {
  type: { add: adding(ofType), change: changing(ofType) },
  status: { add: adding(ofStatus, { category: ofStatus.category }), change: changing(ofStatus) },
  priority: { add: adding(ofPriority), change: changing(ofPriority) },
  category: { add: adding(plain), change: changing(plain) },
  project: { add: adding(plain), change: changing(plain) },
}

export const WordAct = Closed({ key: Key() })
export const RemoveWord = Closed({
  key: Key(),
  replaceWith: Type.Optional(Key('What stands in its place wherever it is used')),
})

declare module '../../kernel/events.ts' {
  interface EventData {
    'type.added': { key: string }
    'type.changed': { key: string }
    'type.removed': { key: string; replacedBy: string | null }
    'status.added': { key: string }
    'status.changed': { key: string }
    'status.removed': { key: string; replacedBy: string | null }
    'priority.added': { key: string }
    'priority.changed': { key: string }
    'priority.removed': { key: string; replacedBy: string | null }
    'category.added': { key: string }
    'category.changed': { key: string }
    'category.removed': { key: string; replacedBy: string | null }
    'project.added': { key: string }
    'project.changed': { key: string }
    'project.removed': { key: string; replacedBy: string | null }
  }
}
declare module '../../kernel/jobs.ts' {
  interface JobData {
    'words.follow': { noun: Noun; key: string; to: string | null; after: string | null }
  }
}
