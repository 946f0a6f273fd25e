import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { inboundList, inboundMail, inboundMailsQuery, inspectMail, rawInboundMail } from '../domain/inbound/queries.ts'
import { releaseInboundMail } from '../domain/inbound/release-inbound-mail.ts'
import { reprocessInboundMail } from '../domain/inbound/reprocess-inbound-mail.ts'
import { InboundMailRow, MailCommand, MailInspection, MailOutcome } from '../domain/inbound/schema.ts'
import type { InboundMail } from '../domain/mail/schema.ts'
import { mailboxesQuery } from '../domain/mailboxes/queries.ts'
import { listRoute } from './list.ts'
import { problemResponses } from './problems.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Mail'

export interface MailParts {
  mailBytesMax: number
  /** Reads a raw message; never rejects for the message's sake. */
  parse(raw: Buffer, mailFrom: string | undefined): Promise<{ mail: InboundMail; contentHash: string }>
}

export function mailRoutes(app: FastifyInstance, parts: MailParts): void {
  for (const schema of [MailCommand, MailOutcome, MailInspection, InboundMailRow]) app.addSchema(schema)
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
  commandRoute(app, {
    method: 'POST',
    url: '/mail/inbound/:inboundMailId/release',
    command: releaseInboundMail,
    status: 200,
    response: inbound,
    tag,
    summary: 'File a mail like any other, whatever its marks say',
    problems: ['inbound_mail_not_found', 'mail_already_filed'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/mail/inbound/:inboundMailId/reprocess',
    command: reprocessInboundMail,
    status: 200,
    response: inbound,
    tag,
    summary: 'Read a mail again that could not be read',
    problems: ['inbound_mail_not_found', 'mail_already_filed'],
  })
  rawRoute(app)
  inspectRoute(app, parts)
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
  app.post<{ Querystring: { mailFrom?: string; rcptTo?: string; peer?: string }; Body: Buffer }>(
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
            peer: Type.Optional(
              Type.String({
                maxLength: 100,
                description:
                  'The network address of whoever hands it over: what a relay of yours says counts only from there',
              }),
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
    async ({ desk, body, query: { mailFrom, rcptTo, peer } }) => {
      // the right is looked at before a thread is: whoever may read the mailboxes may inspect
      await desk.read(mailboxesQuery, {})
      const { mail, contentHash } = await parse(body ?? Buffer.alloc(0), mailFrom)
      return desk.read(inspectMail, { mail, contentHash, ...(rcptTo ? { rcptTo } : {}), ...(peer ? { peer } : {}) })
    },
  )
}
