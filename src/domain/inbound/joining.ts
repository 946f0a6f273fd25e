import type { CommandContext } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { insertSideMessage } from '../conversations/side.ts'
import { insertHeldMessage, insertNote, insertPublicMessage } from '../conversations/store.ts'
import { followersAmong, insertFollowers } from '../followers/store.ts'
import type { InboundMail } from '../mail/schema.ts'
import { actorOf, type PersonRow } from '../people/decide.ts'
import { asAssignee, insertPerson } from '../people/store.ts'
import type { MailFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { bodyOf, replyOf } from './content.ts'
import { storeAttachments } from './files.ts'
import type { Found, Written } from './found.ts'
import { rememberMail } from './remember.ts'

/** A mail that joins its ticket: as its sender's message, held or not, as an agent's reply, or as a note. */
export async function joinTicket(
  context: CommandContext,
  mail: InboundMail,
  found: Found & { locked: LockedTicket },
): Promise<Written> {
  const { filing, locked, row } = found
  const { ticket } = locked
  const messageId = newId('msg')
  const author = found.person ?? (await insertSender(context, mail, found.author))
  const sending = context.as(actorOf(author))
  const draft = {
    id: messageId,
    author: author.id,
    body: filing.asAgent ? replyOf(mail) : bodyOf(mail),
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
