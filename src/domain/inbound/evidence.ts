import { type SQL, sql } from 'drizzle-orm'
import type { Connection } from '../../db/client.ts'
import { prepareSql } from '../../db/statement.ts'
import type { Role } from '../../kernel/actor.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import type { Settings } from '../../kernel/settings.ts'
import type { AccessWay } from '../access/schema.ts'
import type { InboundMail } from '../mail/schema.ts'
import { isOurs } from '../mailboxes/recipient.ts'
import { openReplyToken } from '../outbound/addresses.ts'
import type { PersonRow } from '../people/decide.ts'
import { findPeopleByAddresses } from '../people/store.ts'
import { authenticationOf, isConfigured } from './authentication.ts'
import { type Candidate, type Evidence, type Sender, taggedNumber } from './decide.ts'
import { answeredIds } from './store.ts'

interface Trace {
  kind: 'token' | 'own' | 'stored' | 'tag' | 'report'
  /** The place in the mail: lower is nearer. */
  place: number
  ticketId: string
  number: number
  requesterId: string
  /** To whom the reply address or the mail of ours was given; null where it makes nobody a correspondent. */
  owner: string | null
  isCorrespondent: boolean
  isFollower: boolean
  isDeleted: boolean
  /** Where it is said, if not in the conversation with the requester. */
  conversationId: string | null
}

/** The conversation of a message that went to the participants of one. */
const sideOf = (messageId: SQL): SQL =>
  sql`(select c.conversation_id from messages c where c.id = ${messageId} and c.visibility = 'participants')`

// All traces of a mail in one statement; those of a merged ticket lead to the one as which it goes on. Stored ids may name several tickets: those that know the sender come first. The bounds hold
// for every mail; with them Postgres expects few ids, and keeps one plan instead of making a new one for each mail.
const traces = prepareSql<
  { replyKey: string | null; ids: string[]; reported: string[]; number: number | null; address: string | null },
  Trace
>()(
  ($) => sql`
  with asked as (select id, place from unnest(${$.ids}::text[]) with ordinality as a(id, place) where place between 1 and 1000),
  told as (select id, place from unnest(${$.reported}::text[]) with ordinality as a(id, place) where place between 1 and 1000),
  found as (
    select 'token' as kind, 0 as place, ticket_id, address as owner, conversation_id from reply_addresses where reply_key = ${$.replyKey}
    union all
    select 'own', asked.place, m.ticket_id, case when m.kind <> 'automatic_mail' then m."to" end, ${sideOf(sql`m.ticket_message_id`)} from asked join outbound_mails m on m.id = split_part(asked.id, '@', 1) and m.message_id = asked.id
    union all
    select 'report', told.place, m.ticket_id, m."to", null from told join outbound_mails m on m.id = split_part(told.id, '@', 1) and m.message_id = told.id
    union all
    select 'stored', asked.place, r.ticket_id, null,
      (select ${sideOf(sql`i.message_id`)} from inbound_mails i where i.ticket_id = r.ticket_id and i.header_message_id = asked.id limit 1)
      from asked join mail_references r on r.message_id = asked.id
    union all
    select 'tag', 0, id, null, null from tickets where number = ${$.number}::int
  )
  select found.kind, found.place::int as place, t.id as "ticketId", t.number, t.requester_id as "requesterId", found.owner, t.deleted_at is not null as "isDeleted", found.conversation_id as "conversationId",
    exists (select 1 from correspondents c where c.ticket_id = t.id and c.address = ${$.address})
      or exists (select 1 from tickets shell join correspondents c on c.ticket_id = shell.id where shell.merged_into_id = t.id and c.address = ${$.address}) as "isCorrespondent",
    exists (select 1 from ticket_followers f join person_emails e on e.person_id = f.person_id
      where f.ticket_id = t.id and e.address = ${$.address}) as "isFollower"
  from found join tickets named on named.id = found.ticket_id join tickets t on t.id = coalesce(named.merged_into_id, named.id)
  order by t.deleted_at is not null, 9 desc, 10 desc, found.place, t.number limit 200`,
  { merges: true },
)

type Asked = Parameters<typeof traces.bind>[0]

const tracesOf = async (tx: Connection, asked: Asked): Promise<Trace[]> => {
  const { replyKey, ids, reported, number } = asked
  // most first mails name nothing
  if (replyKey === null && number === null && !ids.length && !reported.length) return []
  return (await tx.query(traces.bind(asked))).rows
}

export interface Envelope {
  rcptTo: string
  /** Who handed the mail over. */
  peer: string
  /** The mail that this one repeats, if it does. */
  duplicateOf: Promise<string | null>
  /** Whose record it is filed under, who is to be found as well. */
  author?: string
  /** Somebody has looked at it and said that a person wrote it. */
  isReleased?: boolean
}

export interface Desk {
  secrets: Secrets
  settings: Settings
  /** What clients may do by mail. */
  access: Promise<{ mail: AccessWay }>
  /** Not waited for before anything is asked. */
  mailboxes: Promise<readonly { address: string }[]>
}

/** The mark of this desk in mail it sends. */
const INSTANCE_HEADER = 'x-kontor-instance'

/** What decides where a mail belongs, and the people whom it names: read in one round trip. */
export async function gatherEvidence(
  tx: Connection,
  { secrets, settings, mailboxes, access }: Desk,
  mail: InboundMail,
  { rcptTo, peer, duplicateOf, author, isReleased = false }: Envelope,
): Promise<{ evidence: Evidence; person: PersonRow | undefined; original: PersonRow | undefined }> {
  const address = senderAddress(mail)
  const forwarded = normaliseAddress(mail.forward?.from?.address ?? '')
  const wanted = [...new Set([address, forwarded, author].flatMap((one) => one ?? []))]
  const [people, found, earlier, boxes, { mail: way }] = await Promise.all([
    findPeopleByAddresses(tx, wanted),
    tracesOf(tx, {
      replyKey: replyKeyIn(secrets, rcptTo) ?? null,
      ids: answeredIds(mail),
      reported: mail.reportedIds,
      number: taggedNumber(mail.subject) ?? null,
      address: address ?? null,
    }),
    duplicateOf,
    mailboxes,
    access,
  ])
  const own = (one: string) => isOurs(boxes, settings.replyDomain, one)
  const person = people.get(address ?? '')
  const original = people.get(forwarded ?? '')
  // somebody disabled can do nothing: their mail is a stranger's
  const active = person && !person.disabledAt ? person : undefined
  const sender: Sender = {
    address: address ?? null,
    personId: active?.id ?? null,
    role: active ? roleByMail(active) : null,
  }
  const first = (kind: Trace['kind']) =>
    candidateOf(
      found.filter((trace) => trace.kind === kind),
      sender,
      active?.emails ?? [],
    )
  const evidence: Evidence = {
    kind: isReleased ? 'ordinary' : mail.kind,
    // who released it has decided what becomes of it
    way: isReleased ? { create: true, update: true } : way,
    sender,
    authentication: authenticationOf(mail.headers, address, peer, settings),
    isAuthenticationConfigured: isConfigured(settings),
    duplicateOf: earlier,
    ownMail: isReleased ? null : ownMark(mail, secrets, own),
    token: first('token'),
    ownMessageId: first('own'),
    storedMessageId: first('stored'),
    subjectTag: first('tag'),
    reported: first('report'),
    forwardsCustomer: forwarded !== undefined && !own(forwarded) && (original?.actsAs ?? 'requester') === 'requester',
  }
  return { evidence, person: people.get(author ?? ''), original }
}

/** A role for staff of the desk's own speaks for the desk by API only, where it is asked what the role allows: by mail it writes notes. */
const roleByMail = ({ role, actsAs }: PersonRow): Role =>
  actsAs === 'agent' && role !== actsAs ? 'light_agent' : actsAs

function ownMark(mail: InboundMail, { instanceId }: Secrets, isOwn: (address: string) => boolean): string | null {
  const isMarked = mail.headers.some(({ name, value }) => name === INSTANCE_HEADER && value.trim() === instanceId)
  if (isMarked) return 'carries the mark of this desk'
  const from = senderAddress(mail)
  return from !== undefined && isOwn(from) ? 'comes from an address of this desk' : null
}

function candidateOf(traces: Trace[], { address, personId }: Sender, emails: readonly string[]): Candidate | null {
  const isRequester = (trace: Trace) => personId !== null && trace.requesterId === personId
  const best = traces.find((trace) => trace.isCorrespondent || trace.isFollower || isRequester(trace)) ?? traces[0]
  if (!best) return null
  const { ticketId, number, owner, isCorrespondent, isFollower, isDeleted, conversationId } = best
  const fromOwner = address !== null && owner !== null && (owner === address || emails.includes(owner))
  return {
    ticketId,
    number,
    isRequester: isRequester(best),
    isFollower,
    isCorrespondent,
    fromOwner,
    isDeleted,
    conversationId,
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
