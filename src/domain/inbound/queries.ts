import { and, eq, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { build, prepare, prepareSql, rowOf } from '../../db/statement.ts'
import { readBlob } from '../../kernel/blobs.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { type Viewing, viewerIn, viewing } from '../../kernel/viewer.ts'
import { accessCached } from '../access/ways.ts'
import type { InboundMail, ParsedMail } from '../mail/schema.ts'
import { mailboxOf } from '../mailboxes/recipient.ts'
import { mailboxesCached } from '../mailboxes/store.ts'
import { refuseStaffOnly, refuseUnlimited } from '../people/policy.ts'
import { hangsOnSeen, listedFor } from '../tickets/reach.ts'
import { askedBy } from './commands.ts'
import { identityOf } from './content.ts'
import { filingOf, outcomeOf } from './decide.ts'
import { gatherEvidence } from './evidence.ts'
import { type InboundMailRow, type MailInspection, verdicts } from './schema.ts'
import { mailKnownAs } from './store.ts'
import { inboundMails } from './table.ts'

export const inboundList: List<InboundMailRow> = {
  name: 'inbound_mails',
  columns: rowOf(inboundMails),
  from: inboundMails,
  id: inboundMails.id,
  filters: {
    state: { column: inboundMails.state, kind: 'text', literals: ['pending', 'done', 'failed'] },
    verdict: { column: inboundMails.verdict, kind: 'text', literals: verdicts },
    ticketId: { column: inboundMails.ticketId, kind: 'reference' },
    mailboxId: { column: inboundMails.mailboxId, kind: 'reference' },
    mailFrom: { column: inboundMails.mailFrom, kind: 'text' },
    receivedAt: { column: inboundMails.receivedAt, kind: 'instant' },
  },
  sorts: { receivedAt: { column: inboundMails.id, property: 'id' } },
  defaultSort: '-receivedAt',
}

const inboundFor = listedFor(inboundList, inboundMails.ticketId)

/** The journal: every accepted mail, and what became of it. */
export const inboundMailsQuery = defineQuery({
  name: 'inboundMails',
  group: 'mail',
  input: PageInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: (context, input) => readPage(inboundFor(context.actor), context, input),
})

const byId = prepare<{ id: string } & Viewing>()(($) =>
  build
    .select(rowOf(inboundMails))
    .from(inboundMails)
    .where(and(eq(inboundMails.id, $.id), hangsOnSeen(inboundMails.ticketId, viewerIn($)))),
)
const One = Closed({ inboundMailId: Id() })

export const inboundMail = defineQuery({
  name: 'inboundMail',
  group: 'mail',
  input: One,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, actor }, { inboundMailId }) {
    const [row] = (await db.query(byId.bind({ id: inboundMailId, ...viewing(actor) }))).rows
    if (!row) throw new Problem('inbound_mail_not_found')
    return row
  },
})

/** The message as it came, byte for byte, chunk by chunk. */
export const rawInboundMail = defineQuery({
  name: 'rawInboundMail',
  group: 'mail',
  input: One,
  refuse: (actor) => refuseStaffOnly(actor),

  async read(context, input) {
    const { id, sha256, size } = await inboundMail.read(context, input)
    return { id, size, chunks: readBlob(context.db, sha256) }
  },
})

/** A large message chunk by chunk, for the parser. Internal. */
export const rawForParsing = defineQuery({
  name: 'rawForParsing',
  group: 'mail',
  input: Closed({ sha256: Type.String({ maxLength: 64 }) }),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  read: async ({ db }, { sha256 }) => ({ chunks: readBlob(db, sha256) }),
})

const pending = prepareSql<{ ids: string[] }, { id: string; size: number; attempts: number }>()(
  ($) => sql`select id, size, attempts from inbound_mails where id = any(${$.ids}::text[]) and state = 'pending'`,
)

/** Those of some mails that nobody has filed yet. Internal. */
export const pendingMails = defineQuery({
  name: 'pendingMails',
  group: 'mail',
  input: Closed({ ids: Type.Array(Id(), { maxItems: 100 }) }),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  read: async ({ db }, { ids }) => (await db.query(pending.bind({ ids }))).rows,
})

/** What would become of a mail now. Nothing is stored; a number it names is told only when it would join that ticket. */
export const inspectMail = defineQuery({
  name: 'inspectMail',
  group: 'mail',
  input: Closed({
    mail: Type.Unsafe<InboundMail>({ type: 'object' }),
    contentHash: Type.String(),
    rcptTo: Type.Optional(Type.String({ maxLength: 1_000 })),
    peer: Type.Optional(Type.String({ maxLength: 100 })),
  }),
  refuse: (actor) => refuseUnlimited(actor),

  async read({ db, cached, secrets, settings }, { mail, contentHash, rcptTo, peer = '' }): Promise<MailInspection> {
    const mailboxes = await cached(mailboxesCached)
    const recipient = rcptTo ?? mailboxes[0]?.address ?? ''
    const mailboxId = (mailboxOf(mailboxes, recipient) ?? mailboxes[0])?.id ?? ''
    const desk = { secrets, settings, mailboxes: Promise.resolve(mailboxes), access: cached(accessCached) }
    const { evidence } = await gatherEvidence(db, desk, mail, {
      rcptTo: recipient,
      duplicateOf: mailKnownAs(db, identityOf(mailboxId, mail, contentHash)),
      // without it as if it came from nobody in particular: what a relay says counts only when it says so itself
      peer,
    })
    const { filing, asked } = askedBy(filingOf(evidence), mail, evidence.kind)
    const { token, ownMessageId, storedMessageId, subjectTag, reported } = evidence
    const candidates = [token, ownMessageId, storedMessageId, subjectTag, reported]
    const ticketNumber =
      candidates.find((candidate) => candidate !== null && candidate.ticketId === filing.ticketId)?.number ?? null
    const commands = asked?.commands.map(({ line }) => ({ line, done: null, code: null, detail: null })) ?? []
    return { ...outcomeOf(filing, mail), ticketNumber, ...(commands.length ? { commands } : {}), mail: shown(mail) }
  },
})

function shown({
  messageId,
  inReplyTo,
  references,
  date,
  from,
  replyTo,
  to,
  cc,
  subject,
  bodyText,
  bodyHtml,
  visibleText,
  quotedText,
  attachments,
}: InboundMail): ParsedMail {
  return {
    messageId,
    inReplyTo,
    references,
    date,
    from,
    replyTo,
    to,
    cc,
    subject,
    bodyText,
    bodyHtml,
    visibleText,
    quotedText,
    attachments,
  }
}
