import { eq } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type OutboundMail, outboundStates } from './schema.ts'
import { outboundMails } from './table.ts'

export const outboundList: List<OutboundMail> = {
  name: 'outbound_mails',
  columns: rowOf(outboundMails),
  from: outboundMails,
  id: outboundMails.id,
  filters: {
    ticketId: { column: outboundMails.ticketId, kind: 'reference' },
    state: { column: outboundMails.state, kind: 'text', literals: outboundStates },
    to: { column: outboundMails.to, kind: 'text' },
    createdAt: { column: outboundMails.createdAt, kind: 'instant' },
  },
  sorts: { createdAt: { column: outboundMails.id, property: 'id' } },
  defaultSort: '-createdAt',
}

/** The ledger: one row is one mail to one recipient. */
export const outboundMailsQuery = defineQuery({
  name: 'outboundMails',
  group: 'mail',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(outboundList, context, input),
})

const byId = prepare<{ id: string }>()(($) =>
  build.select(rowOf(outboundMails)).from(outboundMails).where(eq(outboundMails.id, $.id)),
)

export const outboundMail = defineQuery({
  name: 'outboundMail',
  group: 'mail',
  input: Closed({ outboundMailId: Id() }),
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db }, { outboundMailId }): Promise<OutboundMail> {
    const [row] = (await db.query(byId.bind({ id: outboundMailId }))).rows
    if (!row) throw new Problem('outbound_mail_not_found')
    return row
  },
})
