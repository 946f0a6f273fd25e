import { sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import type { InboundMail } from '../mail/schema.ts'
import { openReplyToken } from '../outbound/addresses.ts'
import { findPersonByAddress } from '../people/store.ts'
import { type Candidate, type Evidence, type Sender, taggedNumber } from './decide.ts'
import { answeredIds } from './store.ts'

interface Trace {
  kind: 'token' | 'own' | 'stored' | 'tag'
  /** The place in the mail: lower is nearer. */
  place: number
  ticketId: string
  number: number
  requesterId: string
  /** To whom the reply address or the mail of ours was given. */
  owner: string | null
  isCorrespondent: boolean
}

// All traces of a mail in one statement. Stored ids may name several tickets: those that know the sender come first.
const traces = prepareSql<
  { replyKey: string | null; ids: string[]; number: number | null; address: string | null },
  Trace
>()(
  ($) => sql`
  with asked as (select id, place from unnest(${$.ids}::text[]) with ordinality as a(id, place)),
  found as (
    select 'token' as kind, 0 as place, ticket_id, address as owner from reply_addresses where reply_key = ${$.replyKey}
    union all
    select 'own', asked.place, m.ticket_id, m."to" from asked join outbound_mails m on m.id = split_part(asked.id, '@', 1) and m.message_id = asked.id
    union all
    select 'stored', asked.place, r.ticket_id, null from asked join mail_references r on r.message_id = asked.id
    union all
    select 'tag', 0, id, null from tickets where number = ${$.number}::int
  )
  select found.kind, found.place::int as place, t.id as "ticketId", t.number, t.requester_id as "requesterId", found.owner,
    exists (select 1 from correspondents c where c.ticket_id = t.id and c.address = ${$.address}) as "isCorrespondent"
  from found join tickets t on t.id = found.ticket_id
  order by 7 desc, found.place, t.number limit 100`,
)

const known = prepareSql<{ identity: string }, { id: string }>()(
  ($) => sql`select id from inbound_mails where identity = ${$.identity}`,
)

export interface Envelope {
  rcptTo: string
  identity: string
}

/** The mark of this desk in mail it sends. */
const INSTANCE_HEADER = 'x-kontor-instance'

/** Everything that decides where a mail belongs, read in one round trip. */
export async function gatherEvidence(
  tx: Connection,
  secrets: Secrets,
  mail: InboundMail,
  { rcptTo, identity }: Envelope,
): Promise<Evidence> {
  const address = senderAddress(mail)
  const replyKey = replyKeyIn(secrets, rcptTo)
  const [person, found, earlier] = await Promise.all([
    address ? findPersonByAddress(tx, address) : undefined,
    tx.query(
      traces.bind({
        replyKey: replyKey ?? null,
        ids: answeredIds(mail),
        number: taggedNumber(mail.subject) ?? null,
        address: address ?? null,
      }),
    ),
    tx.query(known.bind({ identity })),
  ])
  // somebody disabled can do nothing: their mail is a stranger's
  const active = person && !person.disabledAt ? person : undefined
  const sender: Sender = { address: address ?? null, personId: active?.id ?? null, role: active?.role ?? null }
  const first = (kind: Trace['kind']) =>
    candidateOf(
      found.rows.filter((trace) => trace.kind === kind),
      sender,
      active?.emails ?? [],
    )
  return {
    kind: mail.kind,
    sender,
    duplicateOf: earlier.rows[0]?.id ?? null,
    ownMail: mail.headers.some(({ name, value }) => name === INSTANCE_HEADER && value.trim() === secrets.instanceId),
    token: first('token'),
    ownMessageId: first('own'),
    storedMessageId: first('stored'),
    subjectTag: first('tag'),
  }
}

function candidateOf(
  traces: Trace[],
  { address, personId }: Sender,
  emails: readonly string[],
): (Candidate & { fromOwner: boolean }) | null {
  const isRequester = (trace: Trace) => personId !== null && trace.requesterId === personId
  const best = traces.find((trace) => trace.isCorrespondent || isRequester(trace)) ?? traces[0]
  if (!best) return null
  const { ticketId, number, owner, isCorrespondent } = best
  const fromOwner = address !== null && owner !== null && (owner === address || emails.includes(owner))
  return {
    ticketId,
    number,
    isRequester: isRequester(best),
    isCorrespondent: isCorrespondent || isRequester(best),
    fromOwner,
  }
}

/** One From is needed for an identity (RFC 5322 §3.6.2 allows several); display names, Sender and Reply-To never count. */
export const senderAddress = (mail: InboundMail): string | undefined =>
  mail.fromCount === 1 && mail.from ? normaliseAddress(mail.from.address) : undefined

function replyKeyIn(secrets: Secrets, rcptTo: string): string | undefined {
  const local = rcptTo.slice(0, rcptTo.lastIndexOf('@'))
  const plus = local.indexOf('+')
  return plus < 0 ? undefined : openReplyToken(secrets, local.slice(plus + 1))
}
