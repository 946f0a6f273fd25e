import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
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
import { MailExplanation, OutboundMail, SuppressedAddress } from '../domain/outbound/schema.ts'
import { suppressAddress } from '../domain/outbound/suppress-address.ts'
import { unsuppressAddress } from '../domain/outbound/unsuppress-address.ts'
import { listRoute } from './list.ts'
import { ofLivingTickets } from './problems.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Mail'

export function outboundRoutes(app: FastifyInstance): void {
  for (const schema of [OutboundMail, SuppressedAddress, MailExplanation]) app.addSchema(schema)
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
  queryRoute(app, {
    url: '/mail/outbound/:outboundMailId/why',
    query: explainOutboundMail,
    response: Type.Ref('MailExplanation'),
    tag,
    summary: 'Why a mail was sent, or was not',
    problems: ['outbound_mail_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/tickets/:ticketId/acknowledge',
    command: acknowledgeTicket,
    status: 201,
    response: outbound,
    location: ({ id }) => `/v1/mail/outbound/${id}`,
    tag,
    summary: 'Tell the requester that their message has arrived',
    problems: [...ofLivingTickets, 'already_acknowledged', 'mail_not_resendable'],
  })
  suppressionRoutes(app)
}

/** Addresses that nothing is sent to. */
function suppressionRoutes(app: FastifyInstance): void {
  const response = Type.Ref('SuppressedAddress')
  listRoute(app, {
    url: '/mail/suppressions',
    query: suppressedAddressesQuery,
    list: suppressionList,
    item: response,
    tag,
    summary: 'Addresses that nothing is sent to',
    properties: Object.keys(SuppressedAddress.properties),
    read: (desk, page) => desk.read(suppressedAddressesQuery, page),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/mail/suppressions',
    command: suppressAddress,
    status: 201,
    response,
    location: ({ address }) => `/v1/mail/suppressions?address=${encodeURIComponent(address)}`,
    tag,
    summary: 'Send nothing to an address any more',
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/mail/suppressions/:address',
    command: unsuppressAddress,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Send to an address again',
    problems: ['suppression_not_found'],
  })
}
