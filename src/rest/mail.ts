import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { inboundList, inboundMail, inboundMailsQuery, inspectMail, rawInboundMail } from '../domain/inbound/queries.ts'
import { InboundMailRow, MailInspection, MailOutcome } from '../domain/inbound/schema.ts'
import type { InboundMail } from '../domain/mail/schema.ts'
import { addMailbox } from '../domain/mailboxes/add-mailbox.ts'
import { changeMailbox } from '../domain/mailboxes/change-mailbox.ts'
import { mailbox, mailboxesQuery } from '../domain/mailboxes/queries.ts'
import { removeMailbox } from '../domain/mailboxes/remove-mailbox.ts'
import { Mailbox } from '../domain/mailboxes/schema.ts'
import { outboundList, outboundMail, outboundMailsQuery } from '../domain/outbound/queries.ts'
import { resendMail } from '../domain/outbound/resend-mail.ts'
import { OutboundMail } from '../domain/outbound/schema.ts'
import { listRoute } from './list.ts'
import { problemResponses } from './problems.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Mail'

export interface MailParts {
  mailBytesMax: number
  /** Reads a raw message; never rejects for the message's sake. */
  parse(raw: Buffer, mailFrom: string | undefined): Promise<{ mail: InboundMail; contentHash: string }>
}

export function mailRoutes(app: FastifyInstance, parts: MailParts): void {
  for (const schema of [Mailbox, MailOutcome, MailInspection, InboundMailRow, OutboundMail]) app.addSchema(schema)
  const Box = Type.Ref('Mailbox')
  wholeListRoute(app, { url: '/mailboxes', query: mailboxesQuery, response: Box, tag, summary: 'Our addresses' })
  queryRoute(app, {
    url: '/mailboxes/:mailboxId',
    query: mailbox,
    response: Box,
    tag,
    summary: 'One mailbox',
    problems: ['mailbox_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/mailboxes',
    command: addMailbox,
    status: 201,
    response: Box,
    location: ({ id }) => `/v1/mailboxes/${id}`,
    tag,
    summary: 'Add a mailbox',
    problems: ['mailbox_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/mailboxes/:mailboxId',
    command: changeMailbox,
    status: 200,
    response: Box,
    tag,
    summary: 'Change a mailbox',
    problems: ['mailbox_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/mailboxes/:mailboxId',
    command: removeMailbox,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove a mailbox',
    problems: ['mailbox_not_found', 'mailbox_in_use'],
  })

  const inbound = Type.Ref('InboundMail')
  listRoute(app, {
    url: '/mail/inbound',
    query: inboundMailsQuery,
    list: inboundList,
    item: inbound,
    tag,
    summary: 'The journal of received mail',
    properties: Object.keys(InboundMailRow.properties),
    read: (desk, page) => desk.read(inboundMailsQuery, page),
  })
  queryRoute(app, {
    url: '/mail/inbound/:inboundMailId',
    query: inboundMail,
    response: inbound,
    tag,
    summary: 'What became of a mail',
    problems: ['inbound_mail_not_found'],
  })
  rawRoute(app)
  inspectRoute(app, parts)

  const outbound = Type.Ref('OutboundMail')
  listRoute(app, {
    url: '/mail/outbound',
    query: outboundMailsQuery,
    list: outboundList,
    item: outbound,
    tag,
    summary: 'The ledger of sent mail',
    properties: Object.keys(OutboundMail.properties),
    read: (desk, page) => desk.read(outboundMailsQuery, page),
  })
  queryRoute(app, {
    url: '/mail/outbound/:outboundMailId',
    query: outboundMail,
    response: outbound,
    tag,
    summary: 'One mail to one recipient',
    problems: ['outbound_mail_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/mail/outbound/:outboundMailId/resend',
    command: resendMail,
    status: 200,
    response: outbound,
    tag,
    summary: 'Send a mail again',
    problems: ['outbound_mail_not_found', 'mail_not_resendable'],
  })
}

function rawRoute(app: FastifyInstance): void {
  app.get<{ Params: { inboundMailId: string } }>(
    '/mail/inbound/:inboundMailId/raw',
    {
      config: { policy: rawInboundMail.name },
      schema: {
        operationId: rawInboundMail.name,
        tags: [tag],
        summary: 'The message as it came, byte for byte',
        params: rawInboundMail.input,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: { description: 'The raw message', content: { 'message/rfc822': { schema: Type.String() } } },
          ...problemResponses(['unauthenticated', 'missing_scope', 'forbidden', 'inbound_mail_not_found']),
        },
      },
    },
    async ({ desk, params }, reply) => {
      const { id, size, chunks } = await desk.read(rawInboundMail, params)
      return reply
        .header('content-type', 'message/rfc822')
        .header('content-disposition', `attachment; filename="${id}.eml"`)
        .header('content-security-policy', "sandbox; default-src 'none'")
        .header('content-length', size)
        .send(Readable.from(chunks))
    },
  )
}

function inspectRoute(app: FastifyInstance, { parse, mailBytesMax }: MailParts): void {
  app.addContentTypeParser('message/rfc822', { parseAs: 'buffer', bodyLimit: mailBytesMax }, (_request, body, done) =>
    done(null, body),
  )
  app.post<{ Querystring: { mailFrom?: string; rcptTo?: string }; Body: Buffer }>(
    '/mail/inspect',
    {
      config: { policy: inspectMail.name, bodyTypes: ['message/rfc822'] },
      bodyLimit: mailBytesMax,
      schema: {
        operationId: inspectMail.name,
        tags: [tag],
        summary: 'What would become of a mail; nothing is stored',
        consumes: ['message/rfc822'],
        querystring: Type.Object(
          {
            mailFrom: Type.Optional(
              Type.String({ maxLength: 1_000, description: 'The envelope sender; empty is the null sender' }),
            ),
            rcptTo: Type.Optional(
              Type.String({ maxLength: 1_000, description: 'The recipient; the first mailbox where nothing is said' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: { description: 'The outcome', content: { 'application/json': { schema: Type.Ref('MailInspection') } } },
          ...problemResponses([
            'unauthenticated',
            'missing_scope',
            'forbidden',
            'invalid_parameter',
            'payload_too_large',
            'unsupported_media_type',
          ]),
        },
      },
    },
    async ({ desk, body, query: { mailFrom, rcptTo } }) => {
      // the right is looked at before a thread is: whoever may read the mailboxes may inspect
      await desk.read(mailboxesQuery, {})
      const { mail, contentHash } = await parse(body ?? Buffer.alloc(0), mailFrom)
      return desk.read(inspectMail, { mail, contentHash, ...(rcptTo ? { rcptTo } : {}) })
    },
  )
}
