import { type Static, Type } from 'typebox'
import { Closed, Id, Key, Line, Nullable, Timestamp } from '../../kernel/schema.ts'
import { BodyFormat, TicketRef } from '../tickets/schema.ts'

const SUBJECT_MAX = 1_000
const BODY_MAX = 65_536
const LOCALES_MAX = 50

const Text = Closed({
  subject: Type.Optional(Nullable(Line(SUBJECT_MAX))),
  body: Type.String({ minLength: 1, maxLength: BODY_MAX }),
})
const LOCALE = '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$'
const Locales = Type.Record(Type.String({ pattern: LOCALE }), Text, {
  maxProperties: LOCALES_MAX,
  description: 'By BCP 47 tag: what it says in other languages',
})

const content = {
  name: Line(200),
  folder: Nullable(Line(200)),
  subject: Nullable(Line(SUBJECT_MAX)),
  body: Type.String({ minLength: 1, maxLength: BODY_MAX, description: 'Liquid, with strict variables' }),
  format: BodyFormat,
  locales: Locales,
}

export const Template = Closed(
  {
    key: Key(),
    ...content,
    useCount: Type.Integer({ minimum: 0 }),
    version: Type.Integer(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'Template' },
)
export type Template = Static<typeof Template>
export type TemplateText = Static<typeof Text>

export const AddTemplate = Closed({
  key: Key('lower_snake, never changed'),
  name: content.name,
  body: content.body,
  folder: Type.Optional(content.folder),
  subject: Type.Optional(content.subject),
  format: Type.Optional(BodyFormat),
  locales: Type.Optional(Locales),
})
export type AddTemplate = Static<typeof AddTemplate>

export const ChangeTemplate = Closed({
  key: Key(),
  expectedVersion: Type.Optional(
    Type.Integer({ minimum: 1, description: 'The version you read. In REST it is the If-Match header.' }),
  ),
  name: Type.Optional(content.name),
  body: Type.Optional(content.body),
  folder: Type.Optional(content.folder),
  subject: Type.Optional(content.subject),
  format: Type.Optional(BodyFormat),
  locales: Type.Optional(Locales),
})
export const TemplateAct = Closed({ key: Key() })

export const RenderTemplate = Closed({
  key: Key(),
  ticketId: TicketRef,
  locale: Type.Optional(Type.String({ pattern: LOCALE, maxLength: 35, description: 'Without it: the requester’s' })),
})
export const RenderedTemplate = Closed(
  {
    key: Key(),
    ticketId: Id(),
    locale: Nullable(Type.String()),
    subject: Nullable(Type.String()),
    body: Type.String(),
    format: BodyFormat,
  },
  { $id: 'RenderedTemplate', description: 'To be edited and sent as a reply' },
)
export type RenderedTemplate = Static<typeof RenderedTemplate>

declare module '../../kernel/events.ts' {
  interface EventData {
    'template.added': { key: string }
    'template.changed': { key: string }
    'template.removed': { key: string }
  }
}
