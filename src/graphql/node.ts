import { attachment } from '../domain/attachments/queries.ts'
import { job } from '../domain/bulk/queries.ts'
import { contract } from '../domain/contracts/queries.ts'
import { message } from '../domain/conversations/queries.ts'
import { inboundMail } from '../domain/inbound/queries.ts'
import { mailbox } from '../domain/mailboxes/queries.ts'
import { notification } from '../domain/notifications/queries.ts'
import { organization } from '../domain/organizations/queries.ts'
import { outboundMail } from '../domain/outbound/queries.ts'
import { person, team } from '../domain/people/queries.ts'
import { ticket } from '../domain/tickets/queries.ts'
import { timeEntry } from '../domain/time/queries.ts'
import type { Context } from './context.ts'
import { orNull } from './or-null.ts'

type Read = (desk: Context['desk'], id: string) => Promise<object>

/** An id says what it names: its prefix chooses the query, the query decides whether it may be seen. */
const kinds: Record<string, { type: string; read: Read }> = {
  tkt: { type: 'Ticket', read: (desk, id) => desk.read(ticket, { ticketId: id }) },
  msg: { type: 'Message', read: (desk, id) => desk.read(message, { messageId: id }) },
  att: { type: 'Attachment', read: (desk, id) => desk.read(attachment, { attachmentId: id }) },
  per: { type: 'Person', read: (desk, id) => desk.read(person, { personId: id }) },
  org: { type: 'Organization', read: (desk, id) => desk.read(organization, { organizationId: id }) },
  tea: { type: 'Team', read: (desk, id) => desk.read(team, { teamId: id }) },
  mbx: { type: 'Mailbox', read: (desk, id) => desk.read(mailbox, { mailboxId: id }) },
  inm: { type: 'InboundMail', read: (desk, id) => desk.read(inboundMail, { inboundMailId: id }) },
  ntf: { type: 'Notification', read: (desk, id) => desk.read(notification, { notificationId: id }) },
  tim: { type: 'TimeEntry', read: (desk, id) => desk.read(timeEntry, { timeEntryId: id }) },
  con: { type: 'Contract', read: (desk, id) => desk.read(contract, { contractId: id }) },
  job: { type: 'Job', read: (desk, id) => desk.read(job, { jobId: id }) },
  oum: { type: 'OutboundMail', read: (desk, id) => desk.read(outboundMail, { outboundMailId: id }) },
}

export const nodeResolvers = {
  Query: {
    node: async (_root: unknown, { id }: { id: string }, { desk }: Context) => {
      const kind = kinds[id.slice(0, 3)]
      return kind ? orNull(kind.read(desk, id)) : null
    },
  },
  Node: { resolveType: ({ id }: { id: string }) => kinds[id.slice(0, 3)]?.type },
}
