import { asc, eq } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { invalid, invalidInput, Problem } from '../../kernel/problems.ts'
import { EXAMPLE, type TemplateRow, variablesOf, wordsFor } from './decide.ts'
import { render, templateFaults } from './liquid.ts'
import type { RenderedTemplate, TemplateText } from './schema.ts'
import { templates } from './table.ts'

export const allTemplates = prepare()(() => build.select(rowOf(templates)).from(templates).orderBy(asc(templates.key)))
const byKey = prepare<{ key: string }>()(($) =>
  build.select(rowOf(templates)).from(templates).where(eq(templates.key, $.key)),
)
const locked = prepare<{ key: string }>()(($) =>
  build.select(rowOf(templates)).from(templates).where(eq(templates.key, $.key)).for('update'),
)

export const findTemplate = async (connection: Connection, key: string): Promise<TemplateRow | undefined> =>
  (await connection.query(byKey.bind({ key }))).rows[0]

export async function lockTemplate(tx: Connection, key: string): Promise<TemplateRow> {
  const [template] = (await tx.query(locked.bind({ key }))).rows
  if (!template) throw new Problem('template_not_found')
  return template
}

/** The template that an input names at `/template`. */
export async function lockNamedTemplate(tx: Connection, key: string): Promise<TemplateRow> {
  const [template] = (await tx.query(locked.bind({ key }))).rows
  if (!template) throw invalid('/template', 'not_found', `${key} is no template`)
  return template
}

/** Refuses a template that could not be rendered, with every fault at its place. */
export function checkTemplate({ subject, body, locales }: Pick<TemplateRow, 'subject' | 'body' | 'locales'>): void {
  const faultsOf = (words: TemplateText, at: string) => [
    ...(words.subject ? templateFaults(words.subject, EXAMPLE, `${at}/subject`) : []),
    ...templateFaults(words.body, EXAMPLE, `${at}/body`),
  ]
  const errors = [
    ...faultsOf({ subject, body }, ''),
    ...Object.entries(locales).flatMap(([tag, words]) => faultsOf(words, `/locales/${tag}`)),
  ]
  if (!errors.length) return
  throw invalidInput(errors)
}

type About = Parameters<typeof variablesOf>[0] & { ticket: { id: string }; requester: { locale: string | null } }

/** A template about a ticket, in the requester's language where it has that; or invalid_input with why it cannot be made. */
export function renderedFor(template: TemplateRow, about: About, locale?: string): RenderedTemplate {
  const words = wordsFor(template, locale ?? about.requester.locale)
  const variables = variablesOf(about)
  const made = (source: string) => {
    const result = render(source, variables, template.format)
    if ('fault' in result) throw invalid('/template', 'template', `${template.key} ${result.fault}`)
    return result.text
  }
  return {
    key: template.key,
    ticketId: about.ticket.id,
    locale: words.locale,
    subject: words.subject ? made(words.subject).replace(/\s+/g, ' ').trim() : null,
    body: made(words.body),
    format: template.format,
  }
}
