import type { CommandContext } from '../../kernel/context.ts'
import type { NewEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import { insertSideMessage } from '../conversations/side.ts'
import { insertHeldMessage, insertNote, insertPublicMessage } from '../conversations/store.ts'
import { followersAmong, insertFollowers } from '../followers/store.ts'
import type { InboundMail } from '../mail/schema.ts'
import { actorOf, type PersonRow } from '../people/decide.ts'
import { asAssignee, insertPerson } from '../people/store.ts'
import { type MailFacts, STATUS_IS_GIVEN } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { bodyOf, replyOf } from './content.ts'
import { storeAttachments } from './files.ts'
import type { Found, Written } from './found.ts'
import { refusalsOf, tellRefusals } from './refusals.ts'
import { rememberMail } from './remember.ts'
import { givesStatus, runCommands } from './running.ts'

type Joining = Found & { locked: LockedTicket }

/**
 * A mail that joins its ticket: as its sender's message, held or not, as an agent's reply, or as a note. What an agent asks for in it is
 * done when the message is there: a way of the workflow may ask for one.
 */
export async function joinTicket(context: CommandContext, mail: InboundMail, found: Joining): Promise<Written> {
  const author = found.person ?? (await insertSender(context, mail, found.author))
  const sending = context.as(actorOf(author))
  // rules hear of the message when all of this is done: until then its facts may say more
  const { writing, told } = found.asked ? hearing(sending) : { writing: sending, told: [] }
  const written = await addToTicket(context, mail, { ...found, sender: author, sending: writing })
  if (!found.asked) return written
  const commands = await runCommands(sending, found.asked.commands, found)
  if (givesStatus(found.asked.commands, commands)) for (const facts of told) Object.assign(facts, STATUS_IS_GIVEN)
  const refusals = refusalsOf(found.asked, commands)
  const about = { to: author, inboundMailId: found.row.id, messageId: written.messageId }
  if (refusals) tellRefusals(context, found.locked, { ...about, refusals })
  return { ...written, ...(commands.length ? { commands } : {}) }
}

/** A context that hears which facts are told through it. */
function hearing(context: CommandContext): { writing: CommandContext; told: object[] } {
  const told: object[] = []
  const emit = (event: NewEvent) => {
    if (event.facts) told.push(event.facts)
    context.emit(event)
  }
  return { writing: { ...context, emit }, told }
}

async function addToTicket(
  context: CommandContext,
  mail: InboundMail,
  found: Joining & { sender: PersonRow; sending: CommandContext },
): Promise<Written> {
  const { filing, locked, row, sender: author, sending } = found
  const { ticket } = locked
  const messageId = newId('msg')
  const draft = {
    id: messageId,
    author: author.id,
    body: saidIn(mail, found),
    mentioned: found.mentioned,
    attachments: await storeAttachments(context, mail, row, {
      ticketId: ticket.id,
      messageId,
      uploadedById: author.id,
    }),
    mail: {
      inReplyTo: mail.inReplyTo,
      held: filing.held,
      verified: filing.verified,
      facts: {
        ...mailFacts(mail, found),
        ...(filing.verdict === 'note_added' && !filing.verified ? { unproven: asAssignee(author) } : {}),
      },
    },
  }
  if (filing.verdict === 'note_added') insertNote(sending, locked, draft)
  else if (found.side) insertSideMessage(sending, locked, found.side, draft)
  else if (filing.held) insertHeldMessage(sending, locked, draft)
  else insertPublicMessage(sending, locked, { ...draft, fromCustomer: !filing.asAgent })
  if (filing.addsFollowers) insertFollowers(sending, ticket, await followersAmong(context, found, locked))
  // a mail that became a note makes nobody known: it is not proven whose it was
  const sender = filing.verdict === 'note_added' ? null : found.author
  rememberMail(context, ticket.id, mail, { sender, filing, others: found.others })
  return { ticketId: ticket.id, messageId, number: ticket.number }
}

/** An agent's own words; of what others write all that is there. */
function saidIn(mail: InboundMail, { filing, asked }: Pick<Found, 'filing' | 'asked'>) {
  if (!filing.asAgent) return bodyOf(mail)
  const reply = replyOf(mail)
  return asked ? { ...reply, bodyText: asked.text, visibleText: asked.text } : reply
}

/** Unknown sender, new person. */
export const insertSender = (context: CommandContext, mail: InboundMail, email: string): Promise<PersonRow> =>
  insertPerson(context, {
    name: mail.from?.name ?? null,
    email,
    role: 'requester',
    supportTeam: false,
    verified: false,
  })

export const mailFacts = (mail: InboundMail, { filing, others }: Pick<Found, 'filing' | 'others'>): MailFacts => ({
  verified: filing.verified,
  // somebody unproven who hands on a mail could have us write to anybody
  autorespond: mail.autorespond && (filing.verified || !filing.forwards),
  copied: others,
})
