import type { CommandContext } from '../../kernel/context.ts'
import { type Body, bodyFrom } from '../conversations/body.ts'
import type { TemplateRow } from '../templates/decide.ts'
import { renderedFor } from '../templates/store.ts'
import { templates } from '../templates/table.ts'
import type { LockedTicket } from '../tickets/store.ts'

type Words = Body & { subject: string | null }

/** What a template says about a ticket, as a mail; it counts how often it is used. */
export function writtenBy(
  { update, actor, settings }: Pick<CommandContext, 'update' | 'actor' | 'settings'>,
  template: TemplateRow,
  { ticket, requester, assignee }: LockedTicket,
): Words {
  const agent = actor.kind === 'person' ? actor : assignee
  const { subject, body, format } = renderedFor(template, { ticket, requester, agent, publicUrl: settings.publicUrl })
  update(templates, template, { useCount: template.useCount + 1 })
  return { subject: subject || null, ...bodyFrom(format, body) }
}

/** A ticket of which nothing is told that somebody unproven wrote: a stranger could have us carry their words to a third (R22). */
export const withoutTheirWords = ({ ticket, requester, ...parties }: LockedTicket): LockedTicket => ({
  ...parties,
  ticket: { ...ticket, subject: '' },
  requester: { ...requester, name: null },
})
