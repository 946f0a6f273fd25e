import { Type } from 'typebox'
import { isAgent, isStaff, mayChange } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { refusedWay } from '../access/ways.ts'
import { claimAttachments, lockUploads } from '../attachments/store.ts'
import type { TemplateRow } from '../templates/decide.ts'
import { lockNamedTemplate, renderedFor } from '../templates/store.ts'
import { templates } from '../templates/table.ts'
import { afterChange, ticketFacts } from '../tickets/decide.ts'
import { entering } from '../tickets/moving.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { statusOf, type Vocabulary, vocabulary } from '../types/store.ts'
import { bodyFrom } from './body.ts'
import { refuseReply, refuseWords } from './policy.ts'
import { PostReply } from './schema.ts'
import { insertPublicMessage } from './store.ts'

/** A public reply, by an agent or the requester. A closed ticket takes it too: what follows is a rule's business. */
export const postReply = defineCommand({
  name: 'postReply',
  runsUnlocked: ({ attachmentIds, template }) => !attachmentIds?.length && template === undefined,
  group: 'tickets',
  input: PostReply,

  async subject(context, { ticketId, attachmentIds = [], status, template: key }) {
    const { tx, actor, cached } = context
    const [locked, uploads, chosen, template, closed] = await Promise.all([
      lockTicket(tx, ticketId),
      lockUploads(tx, actor, attachmentIds),
      status === undefined ? undefined : cached(vocabulary).then((words) => chosenStatus(words, status)),
      key === undefined ? undefined : lockNamedTemplate(tx, key),
      refusedWay(context, 'update'),
    ])
    return { ...locked, uploads, chosen, template, closed }
  },

  refuse(actor, { ticket, closed }, { status, conversationId, ...words }) {
    const refusal = refuseReply(actor, ticket) ?? closed
    if (refusal) return refusal
    if (status !== undefined && !(isAgent(actor) && mayChange(actor, 'status'))) return 'forbidden'
    if (words.template !== undefined && !isAgent(actor)) return 'forbidden'
    const unclear = refuseWords(words)
    if (unclear) return unclear
    if (conversationId !== undefined && conversationId !== ticket.customerConversationId)
      return invalid('/conversationId', 'not_found', 'is no customer conversation of this ticket')
  },

  ruleAction: {
    input: Closed(Type.Pick(PostReply, ['body', 'template', 'format', 'status']).properties),
    refuse: refuseWords,
    async subject(working, { status, template }, { cached }) {
      if (template !== undefined) return
      const chosen = status === undefined ? undefined : chosenStatus(await cached(vocabulary), status)
      return { ...(working as LockedTicket), uploads: [], chosen, template, closed: undefined } // what events of tickets hand on
    },
  },

  handle(context, { body = '', format = 'text' }, { uploads, chosen, template, closed: _, ...locked }) {
    const messageId = newId('msg')
    const attachments = claimAttachments(context, uploads, { ticketId: locked.ticket.id, messageId })
    const fromCustomer = !isStaff(context.actor) || context.actor.id === locked.ticket.requesterId
    const message = insertPublicMessage(context, locked, {
      id: messageId,
      fromCustomer,
      author: context.actor.kind === 'person' ? context.actor.id : null,
      body: template ? bodyByTemplate(context, template, locked) : bodyFrom(format, body),
      attachments,
    })
    if (chosen) changeStatus(context, locked, chosen)
    return message
  },
})

const chosenStatus = (words: Vocabulary, key: string) => ({ words, status: statusOf(words, key) })

/** What a template says about this ticket; it counts how often it is used. */
function bodyByTemplate({ update, actor, settings }: Parts[0], template: TemplateRow, locked: LockedTicket) {
  const { ticket, requester } = locked
  const agent = actor.kind === 'person' ? actor : locked.assignee
  const { body, format } = renderedFor(template, { ticket, requester, agent, publicUrl: settings.publicUrl })
  update(templates, template, { useCount: template.useCount + 1 })
  return bodyFrom(format, body)
}

type Parts = Parameters<typeof insertPublicMessage>

/** A status that comes with a reply is a change like any other: told on its own, with a version. */
function changeStatus(
  { update, emit, actor, now, versions }: Parts[0],
  { ticket, ...parties }: Parts[1],
  { words, status }: ReturnType<typeof chosenStatus>,
): void {
  if (status.key === ticket.status) return
  const before = { ...ticket }
  const entered = entering({ ticket: before, ...parties, words, actor, now, says: 'public' }, status)
  const { statusEnteredAt: _since, ...changes } = changesBetween(before, entered)
  update(tickets, ticket, { ...entered, ...afterChange(before, { changed: Object.keys(changes) }, actor, now) })
  const facts = ticketFacts({ before, after: ticket, ...parties, actor, versions })
  emit({
    type: 'ticket.changed',
    ticketId: ticket.id,
    object: { type: 'ticket', id: ticket.id, version: ticket.version },
    changes,
    data: {},
    facts,
    working: { ticket, ...parties },
  })
}
