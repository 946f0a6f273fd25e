import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addMailbox } from '../domain/mailboxes/add-mailbox.ts'
import { changeMailbox } from '../domain/mailboxes/change-mailbox.ts'
import { mailbox, mailboxesQuery } from '../domain/mailboxes/queries.ts'
import { removeMailbox } from '../domain/mailboxes/remove-mailbox.ts'
import { Mailbox } from '../domain/mailboxes/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Mail'

export function mailboxRoutes(app: FastifyInstance): void {
  app.addSchema(Mailbox)
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
}
