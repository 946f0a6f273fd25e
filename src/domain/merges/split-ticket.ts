import { asc, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import type { MessageRow } from '../conversations/decide.ts'
import { messages } from '../conversations/table.ts'
import { preview } from '../conversations/text.ts'
import { defaultsOf } from '../fields/values.ts'
import { correspondents } from '../inbound/table.ts'
import { organizationFacts } from '../organizations/store.ts'
import { asRequester, findPerson } from '../people/store.ts'
import { endsOf, LINKS_MAX } from '../relations/decide.ts'
import { linksOf, tellOfLink } from '../relations/store.ts'
import { ticketLinks } from '../relations/table.ts'
import { ticketFacts } from '../tickets/decide.ts'
import { answeredTicket, refuseAgentWork } from '../tickets/policy.ts'
import type { Ticket } from '../tickets/schema.ts'
import { insertTicket, type LockedTicket, lockTicket, nextNumber } from '../tickets/store.ts'
import { tickets } from '../tickets/table.ts'
import { chosenWords, vocabulary } from '../types/store.ts'
import { activityOf, moveSome, rewrite } from './moving.ts'
import { SplitTicket } from './schema.ts'
import { familyOf, lockMerges } from './store.ts'

/**
 * Makes a ticket of its own of some messages. They move there with their files; whoever wrote the earliest becomes the requester, where
 * that is no agent. Notes stay internal. Both tickets are linked, and mail that answers a message that moved finds the new one.
 */
export const splitTicket = defineCommand({
  name: 'splitTicket',
  group: 'tickets',
  input: SplitTicket,

  async subject({ tx, cached }, { ticketId, messageIds }) {
    await lockMerges(tx)
    const [source, words] = [await lockTicket(tx, ticketId), await cached(vocabulary)]
    const { id } = source.ticket
    const chosen = await messagesOf(tx, id, messageIds)
    const [number, author, rest, links, family] = await Promise.all([
      nextNumber(tx),
      chosen[0]?.authorId ? findPerson(tx, chosen[0].authorId) : undefined,
      tx.query(remaining.bind({ ticketId: id, ids: messageIds })),
      linksOf(tx, id),
      familyOf(tx, id),
    ])
    return { source, words, chosen, number, author, keeps: rest.rows.length > 0, links, family }
  },

  refuse(actor, { source, chosen, keeps, links }, { messageIds }) {
    const refusal = refuseAgentWork(actor, source.ticket)
    if (refusal) return refusal
    const found = new Set(chosen.map(({ id }) => id))
    const missing = messageIds.findIndex((id) => !found.has(id))
    if (missing >= 0) return invalid(`/messageIds/${missing}`, 'not_found', 'is no message of this ticket')
    if (chosen[0]?.visibility !== 'public' || chosen[0].held)
      return invalid('/messageIds', 'not_public', 'the earliest must be a public message')
    if (!keeps) return invalid('/messageIds', 'too_many', 'a public message must stay')
    if (links.length >= LINKS_MAX) return invalid('/ticketId', 'too_many', `has ${LINKS_MAX} links already`)
  },

  async handle(context, { subject, messageIds }, { source, words, chosen, number, author, family }): Promise<Ticket> {
    const { insert, insertMissing, emit, actor, now, versions, send } = context
    const [first] = chosen
    if (!first) throw new Error('a split of nothing is refused')
    const { ticket: from } = source
    const requester = author?.actsAs === 'requester' ? asRequester(author) : source.requester
    const named = chosenWords(words, { type: from.type, priority: from.priority })
    const to = insertTicket(context, {
      number,
      subject: subject ?? from.subject,
      ...named,
      requester,
      channel: first.channel,
      preview: preview(first.visibleText),
      more: { teamId: from.teamId, mailboxId: from.mailboxId, fields: defaultsOf(words.fields, named.type.key) },
    })
    const addresses = author?.actsAs === 'requester' ? author.emails : [requester.email]
    for (const address of addresses) insertMissing(correspondents, { ticketId: to.id, address, createdAt: now })
    await moveSome(context, { from, to }, messageIds)
    send(moveTraces.bind({ ids: messageIds, toId: to.id, familyIds: family, now }))
    const activity = await activityOf(context, [from.id, to.id])
    const before = { ...from }
    rewrite(context, source, activity(from.id))
    const organization = await organizationFacts(context, to.organizationId)
    const made: LockedTicket = { ticket: to, requester, followers: [], assignee: null, organization }
    context.update(tickets, to, activity(to.id))

    const createdById = actor.kind === 'person' ? actor.id : null
    const link = {
      id: newId('lnk'),
      kind: 'relates' as const,
      ...endsOf('relates', from.id, to.id),
      createdById,
      createdAt: now,
    }
    insert(ticketLinks, link)
    tellOfLink(context, 'ticket.linked', link)
    for (const [locked, was] of [
      [source, before],
      [made, null],
    ] as const) {
      const { ticket: after, ...parties } = locked
      emit({
        type: 'ticket.split',
        ticketId: after.id,
        object: { type: 'ticket', id: after.id, version: after.version },
        data: { fromId: from.id, toId: to.id, messageIds: chosen.map(({ id }) => id) },
        facts: ticketFacts({ before: was, after, ...parties, actor, versions }),
        working: locked,
      })
    }
    return to
  },

  answer: answeredTicket,
})

const chosenMessages = prepare<{ ticketId: string; ids: string[] }>()(($) =>
  build
    .select(rowOf(messages))
    .from(messages)
    .where(sql`${messages.ticketId} = ${$.ticketId} and ${messages.id} = any(${$.ids}::text[])`)
    .orderBy(asc(messages.id))
    .for('update'),
)

/** Those that are messages of the ticket, the earliest first, locked. */
const messagesOf = async (tx: Connection, ticketId: string, ids: readonly string[]): Promise<MessageRow[]> =>
  (await tx.query(chosenMessages.bind({ ticketId, ids: [...ids] }))).rows

const remaining = prepareSql<{ ticketId: string; ids: string[] }, { one: number }>()(
  ($) => sql`select 1 as one from messages where ticket_id = ${$.ticketId} and visibility = 'public' and not held
    and id <> all(${$.ids}::text[]) limit 1`,
)

// the journal says on which ticket a mail is read, and an answer to it belongs there
const moveTraces = prepareSql<{ ids: string[]; toId: string; familyIds: string[]; now: string }, never>()(
  ($) => sql`with moved as (
      update inbound_mails set ticket_id = ${$.toId} where ticket_id = any(${$.familyIds}::text[]) and message_id = any(${$.ids}::text[])
      returning header_message_id as id
    ), gone as (
      delete from mail_references where message_id in (select id from moved) and ticket_id = any(${$.familyIds}::text[])
    )
    insert into mail_references (message_id, ticket_id, created_at)
    select distinct id, ${$.toId}, ${$.now}::timestamptz from moved where id is not null on conflict do nothing`,
)
