import type { GraphQLResolveInfo } from 'graphql'
import { eventsQuery } from '../domain/events/queries.ts'
import { inboundList, inboundMail, inboundMailsQuery, inspectMail } from '../domain/inbound/queries.ts'
import { releaseInboundMail } from '../domain/inbound/release-inbound-mail.ts'
import { reprocessInboundMail } from '../domain/inbound/reprocess-inbound-mail.ts'
import { addMailbox } from '../domain/mailboxes/add-mailbox.ts'
import { changeMailbox } from '../domain/mailboxes/change-mailbox.ts'
import { mailbox, mailboxesQuery } from '../domain/mailboxes/queries.ts'
import { removeMailbox } from '../domain/mailboxes/remove-mailbox.ts'
import { acknowledgeTicket } from '../domain/outbound/acknowledge-ticket.ts'
import {
  explainOutboundMail,
  outboundList,
  outboundMail,
  outboundMailsQuery,
  suppressedAddressesQuery,
  suppressionList,
} from '../domain/outbound/queries.ts'
import { resendMail } from '../domain/outbound/resend-mail.ts'
import { suppressAddress } from '../domain/outbound/suppress-address.ts'
import { unsuppressAddress } from '../domain/outbound/unsuppress-address.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Id = { id: string }
type Inspecting = { messageBase64: string; mailFrom?: string; rcptTo?: string; peer?: string }

export const mailResolvers = {
  Query: {
    mailbox: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(mailbox, { mailboxId: id })),
    mailboxes: (_root: unknown, _args: object, { desk }: Context) => desk.read(mailboxesQuery, {}),
    inboundMail: (_root: unknown, { id }: Id, { desk }: Context) =>
      orNull(desk.read(inboundMail, { inboundMailId: id })),
    inboundMails: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(inboundMailsQuery, pageFrom(args, info, inboundList.filters))),
    outboundMail: (_root: unknown, { id }: Id, { desk }: Context) =>
      orNull(desk.read(outboundMail, { outboundMailId: id })),
    outboundMails: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(outboundMailsQuery, pageFrom(args, info, outboundList.filters))),
    explainOutboundMail: (_root: unknown, { id }: Id, { desk }: Context) =>
      orNull(desk.read(explainOutboundMail, { outboundMailId: id })),
    suppressedAddresses: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(suppressedAddressesQuery, pageFrom(args, info, suppressionList.filters))),
    inspectMail: async (
      _root: unknown,
      { messageBase64, mailFrom, rcptTo, peer }: Inspecting,
      { desk, parse }: Context,
    ) => {
      // the right is looked at before a thread is
      await desk.read(mailboxesQuery, {})
      const { mail, contentHash } = await parse(Buffer.from(messageBase64, 'base64'), mailFrom)
      return desk.read(inspectMail, { mail, contentHash, ...(rcptTo ? { rcptTo } : {}), ...(peer ? { peer } : {}) })
    },
    events: async (
      _root: unknown,
      { after, types, limit }: { after?: number | null; types?: string[] | null; limit?: number | null },
      { desk }: Context,
    ) => {
      const page = await desk.read(eventsQuery, {
        ...(after == null ? {} : { after }),
        ...(types == null ? {} : { types }),
        ...(limit == null ? {} : { limit }),
      })
      return { nodes: page.data, nextCursor: page.nextCursor }
    },
  },
  Mutation: {
    ...mutation(addMailbox),
    ...mutation(changeMailbox),
    ...mutation(removeMailbox),
    ...mutation(resendMail),
    ...mutation(acknowledgeTicket),
    ...mutation(releaseInboundMail),
    ...mutation(reprocessInboundMail),
    ...mutation(suppressAddress),
    ...mutation(unsuppressAddress),
  },
}
