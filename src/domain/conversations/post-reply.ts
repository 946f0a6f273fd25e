import { Type } from 'typebox'
import { isAgent, isStaff, mayChange } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { refusedWay } from '../access/ways.ts'
import { claimAttachments, lockUploads } from '../attachments/store.ts'
import type { TemplateRow } from '../templates/decide.ts'
import { lockNamedTemplate, renderedFor } from '../templates/store.ts'
import { templates } from '../templates/table.ts'
import { writeChange } from '../tickets/changing.ts'
import { entering } from '../tickets/moving.ts'
import { type LockedTicket, lockTicket } from '../tickets/store.ts'
import { statusOf, type Vocabulary, vocabulary } from '../types/store.ts'
import { bodyFrom } from './body.ts'
import { refuseReply, refuseWords } from './policy.ts'
import { PostReply } from './schema.ts'
import { insertSideMessage, sideFor } from './side.ts'
import { insertPublicMessage } from './store.ts'

/** A public reply, by an agent or the requester, or a mail to the participants of another conversation. A closed ticket takes it too: what follows is a rule's business. */
export const postReply = defineCommand({
  name: 'postReply',
  runsUnlocked: ({ attachmentIds, template, conversationId }) =>
    !attachmentIds?.length && template === undefined && conversationId === undefined,
  group: 'tickets',
  input: PostReply,

  async subject(context, { ticketId, attachmentIds = [], status, template: key, conversationId }) {
    const { tx, actor, cached } = context
    const [locked, uploads, chosen, template, closed] = await Promise.all([
      lockTicket(tx, ticketId),
      lockUploads(tx, actor, attachmentIds),
      status === undefined ? undefined : cached(vocabulary).then((words) => chosenStatus(words, status)),
      key === undefined ? undefined : lockNamedTemplate(tx, key),
      refusedWay(context, 'update'),
    ])
    // a requester knows of no conversation but their own
    const kind = 'customer'
    const side = isStaff(actor) ? await sideFor(tx, locked, { conversationId, kind }) : undefined
    return { ...locked, uploads, chosen, template, side, closed }
  },

  refuse(actor, { ticket, side, closed }, { status, conversationId, ...words }) {
    const refusal = refuseReply(actor, ticket) ?? closed
    if (refusal) return refusal
    if (status !== undefined && !(isAgent(actor) && mayChange(actor, 'status'))) return 'forbidden'
    if (words.template !== undefined && !isAgent(actor)) return 'forbidden'
    const unclear = refuseWords(words)
    if (unclear) return unclear
    if (!side && conversationId !== undefined && conversationId !== ticket.customerConversationId)
      return invalid('/conversationId', 'not_found', 'is no customer conversation of this ticket')
  },

  ruleAction: {
    input: Closed(Type.Pick(PostReply, ['body', 'template', 'format', 'status']).properties),
    refuse: refuseWords,
    async subject(working, { status, template }, { cached }) {
      if (template !== undefined) return
      const chosen = status === undefined ? undefined : chosenStatus(await cached(vocabulary), status)
      const nothing = { uploads: [], side: undefined, closed: undefined }
      return { ...(working as LockedTicket), ...nothing, chosen, template } // what events of tickets hand on
    },
  },

  handle(context, { body = '', format = 'text' }, { uploads, chosen, template, side, closed: _, ...locked }) {
    const messageId = newId('msg')
    const attachments = claimAttachments(context, uploads, { ticketId: locked.ticket.id, messageId })
    const fromCustomer = !isStaff(context.actor) || context.actor.id === locked.ticket.requesterId
    const isGiven = chosen !== undefined && context.actor.kind === 'person'
    const draft = {
      id: messageId,
      author: context.actor.kind === 'person' ? context.actor.id : null,
      body: template ? bodyByTemplate(context, template, locked) : bodyFrom(format, body),
      attachments,
    }
    const message = side
      ? insertSideMessage(context, locked, side, draft)
      : insertPublicMessage(context, locked, { ...draft, fromCustomer, statusIsGiven: isGiven })
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
function changeStatus(context: Parts[0], locked: Parts[1], { words, status }: ReturnType<typeof chosenStatus>): void {
  const { actor, now } = context
  if (status.key === locked.ticket.status) return
  writeChange(context, locked, entering({ ...locked, words, actor, now, says: 'public' }, status))
}
