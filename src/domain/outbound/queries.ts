import { and, eq } from 'drizzle-orm'
import { build, named, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { events } from '../../kernel/events.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { hangsOnSeen, listedFor } from '../tickets/reach.ts'
import { shownMail } from './decide.ts'
import {
  type MailExplanation,
  type OutboundMail,
  outboundKinds,
  outboundStates,
  type SuppressedAddress,
} from './schema.ts'
import { outboundMails, suppressedAddresses } from './table.ts'

const { bodyText: _text, bodyHtml: _html, ...listed } = rowOf(outboundMails)

export const outboundList: List<OutboundMail> = {
  name: 'outbound_mails',
  columns: listed,
  from: outboundMails,
  id: outboundMails.id,
  filters: {
    ticketId: { column: outboundMails.ticketId, kind: 'reference' },
    state: { column: outboundMails.state, kind: 'text', literals: outboundStates },
    kind: { column: outboundMails.kind, kind: 'text', literals: outboundKinds },
    personId: { column: outboundMails.personId, kind: 'reference' },
    to: { column: outboundMails.to, kind: 'text' },
    createdAt: { column: outboundMails.createdAt, kind: 'instant' },
  },
  sorts: { createdAt: { column: outboundMails.id, property: 'id' } },
  defaultSort: '-createdAt',
}

const outboundFor = listedFor(outboundList, outboundMails.ticketId)

/** The ledger: one row is one mail to one recipient. */
export const outboundMailsQuery = defineQuery({
  name: 'outboundMails',
  group: 'mail',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(outboundFor(context.actor), context, input),
})

const byId = prepare<{ id: string } & Viewing>()(($) =>
  build
    .select(rowOf(outboundMails))
    .from(outboundMails)
    .where(and(eq(outboundMails.id, $.id), hangsOnSeen(outboundMails.ticketId, viewerIn($)))),
)

export const outboundMail = defineQuery({
  name: 'outboundMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id() }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor }, { outboundMailId }): Promise<OutboundMail> {
    const [row] = (await db.query(byId.bind({ id: outboundMailId, ...viewing(actor) }))).rows
    if (!row) throw new Problem('outbound_mail_not_found')
    return row
  },
})

const eventById = prepare<{ id: string }>()(($) => {
  const { id, type, at, actorKind, actorId, channel } = rowOf(events)
  return build.select({ id, type, at, actorKind, actorId, channel }).from(events).where(eq(events.id, $.id))
})
const suppressionOf = prepare<{ address: string }>()(($) =>
  build.select(rowOf(suppressedAddresses)).from(suppressedAddresses).where(eq(suppressedAddresses.address, $.address)),
)

/** Why a mail was sent, or was not: what caused it, what was decided on the way, what the relay and others answered. */
export const explainOutboundMail = defineQuery({
  name: 'explainOutboundMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id() }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor }, { outboundMailId }): Promise<MailExplanation> {
    const [row] = (await db.query(byId.bind({ id: outboundMailId, ...viewing(actor) }))).rows
    if (!row) throw new Problem('outbound_mail_not_found')
    const [event, suppression] = await Promise.all([
      db.query(eventById.bind({ id: row.eventId ?? '' })),
      db.query(suppressionOf.bind({ address: row.to })),
    ])
    const { trail, nextAttemptAt, bodyText } = row
    return {
      mail: shownMail(row),
      event: event.rows[0] ?? null,
      suppression: suppression.rows[0] ?? null,
      nextAttemptAt,
      bodyText,
      trail,
    }
  },
})

export const suppressionList: List<SuppressedAddress> = {
  name: 'suppressed_addresses',
  // an address is its own id
  columns: { ...rowOf(suppressedAddresses), id: named<string>('id', suppressedAddresses.address) },
  hidden: ['id'],
  from: suppressedAddresses,
  id: suppressedAddresses.address,
  filters: {
    address: { column: suppressedAddresses.address, kind: 'text' },
    reason: { column: suppressedAddresses.reason, kind: 'text' },
    createdAt: { column: suppressedAddresses.createdAt, kind: 'instant' },
  },
  sorts: { createdAt: { column: suppressedAddresses.createdAt, property: 'createdAt' } },
  defaultSort: '-createdAt',
}

/** Addresses that nothing is sent to, or nothing automatic. */
export const suppressedAddressesQuery = defineQuery({
  name: 'suppressedAddresses',
  group: 'mail',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(suppressionList, context, input),
})
