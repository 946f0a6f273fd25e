import { eq } from 'drizzle-orm'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { people } from '../people/table.ts'
import { visibleTicketId } from '../tickets/queries.ts'
import { tickets } from '../tickets/table.ts'
import { type RenderedTemplate, RenderTemplate, type Template, TemplateAct } from './schema.ts'
import { allTemplates, findTemplate, renderedFor } from './store.ts'

/** All templates, by key. */
export const templatesQuery = defineQuery({
  name: 'templates',
  group: 'templates',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: async ({ db }): Promise<Template[]> => (await db.query(allTemplates.bind({}))).rows,
})

export const templateQuery = defineQuery({
  name: 'template',
  group: 'templates',
  input: TemplateAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { key }): Promise<Template> {
    const template = await findTemplate(db, key)
    if (!template) throw new Problem('template_not_found')
    return template
  },
})

const about = () => {
  const { id, number, subject, type, status, priority, category, estimatedResolutionAt } = rowOf(tickets)
  return build
    .select({
      id,
      number,
      subject,
      type,
      status,
      priority,
      category,
      estimatedResolutionAt,
      name: named<string | null>('name', people.name),
      email: named<string>('email', people.email),
      locale: named<string | null>('locale', people.locale),
    })
    .from(tickets)
    .innerJoin(people, eq(people.id, tickets.requesterId))
}
const aboutTicket = prepare<{ id: string }>()(($) => about().where(eq(tickets.id, $.id)))

/** What a template says about a ticket, to be edited before it is sent. */
export const renderTemplate = defineQuery({
  name: 'renderTemplate',
  group: 'templates',
  input: RenderTemplate,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, { key, ticketId, locale }): Promise<RenderedTemplate> {
    const { db, actor, settings } = context
    const id = await visibleTicketId(context, ticketId)
    const [template, found] = await Promise.all([findTemplate(db, key), db.query(aboutTicket.bind({ id }))])
    if (!template) throw new Problem('template_not_found')
    const [row] = found.rows
    if (!row) throw new Problem('ticket_not_found')
    const { name, email, locale: own, ...ticket } = row
    const agent = actor.kind === 'person' ? actor : null
    const requester = { name, email, locale: own }
    return renderedFor(template, { ticket, requester, agent, publicUrl: settings.publicUrl }, locale)
  },
})
