import type { GraphQLResolveInfo } from 'graphql'
import { attachment, attachmentLink } from '../domain/attachments/queries.ts'
import { uploadAttachment } from '../domain/attachments/upload-attachment.ts'
import { addParticipant } from '../domain/conversations/add-participant.ts'
import { beginConversation } from '../domain/conversations/begin-conversation.ts'
import { changeConversation } from '../domain/conversations/change-conversation.ts'
import { postNote } from '../domain/conversations/post-note.ts'
import { postReply } from '../domain/conversations/post-reply.ts'
import {
  conversationsByTicket,
  conversationsQuery,
  message,
  messageList,
  messagesByTicket,
  messagesQuery,
} from '../domain/conversations/queries.ts'
import { releaseMessage } from '../domain/conversations/release-message.ts'
import { removeParticipant } from '../domain/conversations/remove-participant.ts'
import { addFollower } from '../domain/followers/add-follower.ts'
import { followersQuery } from '../domain/followers/queries.ts'
import { removeFollower } from '../domain/followers/remove-follower.ts'
import { peopleById, teamsById } from '../domain/people/queries.ts'
import { assignTicket } from '../domain/tickets/assign-ticket.ts'
import { changeTicket } from '../domain/tickets/change-ticket.ts'
import { claimTicket } from '../domain/tickets/claim-ticket.ts'
import { openTicket } from '../domain/tickets/open-ticket.ts'
import { ticket, ticketList, ticketsQuery } from '../domain/tickets/queries.ts'
import { releaseTicket } from '../domain/tickets/release-ticket.ts'
import type { Ticket } from '../domain/tickets/schema.ts'
import { takeNextTicket } from '../domain/tickets/take-next-ticket.ts'
import { isStaff } from '../kernel/actor.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation, run } from './mutation.ts'
import { orNull } from './or-null.ts'

type Id = { id: string }

export const ticketResolvers = {
  Query: {
    ticket: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(ticket, { ticketId: id })),
    tickets: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(ticketsQuery, pageFrom(args, info, ticketList.filters, ticketList.members))),
    message: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(message, { messageId: id })),
    messages: async (
      _root: unknown,
      { ticketId, ...args }: ConnectionArgs & { ticketId: string },
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) => connection(await desk.read(messagesQuery, { ticketId, page: pageFrom(args, info, messageList.filters) })),
    conversations: (_root: unknown, input: { ticketId: string }, { desk }: Context) =>
      desk.read(conversationsQuery, input),
    followers: (_root: unknown, input: { ticketId: string }, { desk }: Context) => desk.read(followersQuery, input),
    attachment: (_root: unknown, { id }: Id, { desk }: Context) => orNull(desk.read(attachment, { attachmentId: id })),
    attachmentLink: (_root: unknown, { id }: Id, { desk }: Context) => desk.read(attachmentLink, { attachmentId: id }),
  },
  Mutation: {
    ...mutation(openTicket),
    ...mutation(changeTicket),
    ...mutation(assignTicket),
    ...mutation(claimTicket),
    ...mutation(takeNextTicket),
    ...mutation(releaseTicket),
    ...mutation(postReply),
    ...mutation(postNote),
    ...mutation(releaseMessage),
    ...mutation(beginConversation),
    ...mutation(changeConversation),
    ...mutation(addParticipant),
    ...mutation(removeParticipant),
    ...mutation(addFollower),
    ...mutation(removeFollower),
    // JSON carries no bytes: here they come in base64
    [uploadAttachment.name]: (
      _root: unknown,
      { input }: { input: { filename: string; contentType?: string; contentBase64: string } },
      context: Context,
    ) => {
      const { contentBase64, ...rest } = input
      return run(uploadAttachment, { ...rest, content: { bytes: Buffer.from(contentBase64, 'base64') } }, context)
    },
  },
}

interface Asked<T, P = object> {
  obj: T
  params: P
}

const distinct = (ids: (string | null)[]): string[] => [...new Set(ids.flatMap((id) => id ?? []))]

const peopleOf = async (desk: Context['desk'], ids: (string | null)[]) => {
  const wanted = distinct(ids)
  const found = wanted.length ? await desk.read(peopleById, { ids: wanted }) : undefined
  return ids.map((id) => found?.get(id ?? '') ?? null)
}

const MESSAGES_MAX = 100
const latest = <T>(messages: T[], last: number): T[] => (last > 0 ? messages.slice(-last) : [])

/** One query for a whole page of parents, whatever its length. */
export const ticketLoaders = {
  Ticket: {
    requester: (asked: Asked<Ticket>[], { desk }: Context) =>
      peopleOf(
        desk,
        asked.map(({ obj }) => obj.requesterId),
      ),
    assignee: (asked: Asked<Ticket>[], { desk }: Context) =>
      peopleOf(
        desk,
        asked.map(({ obj }) => obj.assigneeId),
      ),
    team: async (asked: Asked<Ticket>[], { desk }: Context) => {
      const ids = distinct(asked.map(({ obj }) => obj.teamId))
      const found = ids.length && isStaff(desk.actor) ? await desk.read(teamsById, { ids }) : undefined
      return asked.map(({ obj }) => found?.get(obj.teamId ?? '') ?? null)
    },
    messages: async (asked: Asked<Ticket, { last?: number | null }>[], { desk }: Context) => {
      const limit = Math.min(Math.max(...asked.map(({ params }) => params.last ?? 25), 1), MESSAGES_MAX)
      const byTicket = await desk.read(messagesByTicket, { ticketIds: distinct(asked.map(({ obj }) => obj.id)), limit })
      return asked.map(({ obj, params }) => latest(byTicket.get(obj.id) ?? [], params.last ?? 25))
    },
    conversations: async (asked: Asked<Ticket>[], { desk }: Context) => {
      const byTicket = await desk.read(conversationsByTicket, { ticketIds: distinct(asked.map(({ obj }) => obj.id)) })
      return asked.map(({ obj }) => byTicket.get(obj.id) ?? [])
    },
  },
  Message: {
    author: (asked: Asked<{ authorId: string | null }>[], { desk }: Context) =>
      peopleOf(
        desk,
        asked.map(({ obj }) => obj.authorId),
      ),
  },
}
