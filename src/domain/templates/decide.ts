import type { Requester, TicketRow } from '../tickets/decide.ts'
import type { Variables } from './liquid.ts'
import type { TemplateText } from './schema.ts'
import type { templates } from './table.ts'

export type TemplateRow = typeof templates.$inferSelect

interface About {
  ticket: Pick<TicketRow, 'number' | 'subject' | 'type' | 'status' | 'priority' | 'category' | 'estimatedResolutionAt'>
  requester: Pick<Requester, 'name' | 'email'>
  agent: { name: string | null; email: string } | null
  publicUrl: string
}

const firstName = (name: string | null): string => name?.trim().split(/\s+/)[0] ?? ''

/** What a template can name. What is empty is an empty word, so that no sentence breaks. */
export function variablesOf({ ticket, requester, agent, publicUrl }: About): Variables {
  const { number, subject, type, status, priority } = ticket
  const [category, estimatedResolutionAt] = [ticket.category ?? '', ticket.estimatedResolutionAt ?? '']
  const link = `${publicUrl}/v1/tickets/${number}`
  return {
    ticket: { number, subject, type, status, priority, category, estimatedResolutionAt, link },
    requester: { name: requester.name ?? '', firstName: firstName(requester.name), email: requester.email },
    agent: { name: agent?.name ?? '', firstName: firstName(agent?.name ?? null), email: agent?.email ?? '' },
  }
}

/** All variables, for a check before there is any ticket. */
export const EXAMPLE: Variables = variablesOf({
  ticket: { number: 1, subject: 'x', type: 'x', status: 'x', priority: 'x', category: 'x', estimatedResolutionAt: 'x' },
  requester: { name: 'x', email: 'x' },
  agent: { name: 'x', email: 'x' },
  publicUrl: 'x',
})

/** The words for a locale: its own, those of its language, else the template's first ones. Tags compare without regard to case. */
export function wordsFor(
  { subject, body, locales }: Pick<TemplateRow, 'subject' | 'body' | 'locales'>,
  locale: string | null,
): TemplateText & { locale: string | null } {
  const tags = Object.keys(locales)
  const find = (wanted: string) => tags.find((tag) => tag.toLowerCase() === wanted.toLowerCase())
  const tag = locale === null ? undefined : (find(locale) ?? find(locale.split('-')[0] ?? ''))
  const words = tag === undefined ? undefined : locales[tag]
  return words ? { ...words, locale: tag ?? null } : { subject, body, locale: null }
}
