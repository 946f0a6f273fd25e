import t, { type Test } from 'tap'
import { startDesk, type TestDesk } from './support/desk.ts'

// Security.md R18: who may write where, by token, From, authentication, subject and References. One row is one mail.

const RELAY = '192.0.2.25'
/** Two desks: one asks nobody, one has a relay whose word counts. */
const open = await startDesk(t)
const relayed = await startDesk(t, { SMTP_TRUSTED_RELAYS: RELAY, SMTP_AUTHSERV_IDS: 'mx.desk.test' })

type Who = 'requester' | 'follower' | 'correspondent' | 'stranger' | 'agent' | 'nobody' | 'two'
type Auth = 'unconfigured' | 'none' | 'pass' | 'fail' | 'forged'
/** What names the ticket: a reply address (of whom), a Message-ID of ours or of the requester's mail, the number. */
type Clue = 'token' | 'agent token' | 'our id' | 'stored id' | 'number' | 'nothing'
interface Expected {
  /** joined: public and seen by the requester; held; note; new: a ticket of its own */
  is: 'joined' | 'held' | 'note' | 'new'
  verified?: boolean
}

const J = (verified: boolean): Expected => ({ is: 'joined', verified })
const HELD: Expected = { is: 'held' }
const NOTE: Expected = { is: 'note', verified: false }
const NEW: Expected = { is: 'new' }

// biome-ignore format: a table
const rows: [clue: Clue, from: Who, auth: Auth, expected: Expected][] = [
  ['token', 'requester', 'unconfigured', J(true)], ['token', 'requester', 'none', J(true)],
  ['token', 'requester', 'pass', J(true)],         ['token', 'requester', 'fail', J(false)],
  ['token', 'follower', 'unconfigured', J(true)],  ['token', 'follower', 'pass', J(true)],
  ['token', 'correspondent', 'none', J(true)],     ['token', 'correspondent', 'fail', J(false)],
  ['token', 'stranger', 'unconfigured', HELD],     ['token', 'stranger', 'pass', HELD],
  ['token', 'stranger', 'fail', HELD],             ['token', 'agent', 'unconfigured', NOTE],
  ['token', 'agent', 'pass', NOTE],                ['token', 'agent', 'fail', NOTE],
  ['token', 'nobody', 'unconfigured', HELD],       ['token', 'two', 'pass', HELD],

  ['agent token', 'agent', 'pass', J(true)],       ['agent token', 'agent', 'none', NOTE],
  ['agent token', 'agent', 'fail', NOTE],          ['agent token', 'agent', 'forged', NOTE],
  ['agent token', 'agent', 'unconfigured', NOTE],  ['agent token', 'stranger', 'pass', HELD],
  ['agent token', 'stranger', 'unconfigured', HELD], ['agent token', 'requester', 'none', J(true)],

  ['our id', 'requester', 'unconfigured', J(true)], ['our id', 'requester', 'none', J(true)],
  ['our id', 'requester', 'pass', J(true)],        ['our id', 'follower', 'none', J(true)],
  ['our id', 'correspondent', 'pass', J(true)],    ['our id', 'correspondent', 'unconfigured', J(true)],
  ['our id', 'stranger', 'unconfigured', HELD],    ['our id', 'stranger', 'pass', HELD],
  ['our id', 'agent', 'unconfigured', NOTE],       ['our id', 'agent', 'pass', NOTE],
  ['our id', 'nobody', 'none', HELD],              ['our id', 'two', 'unconfigured', HELD],

  ['stored id', 'requester', 'unconfigured', J(false)], ['stored id', 'requester', 'none', J(false)],
  ['stored id', 'requester', 'pass', J(true)],     ['stored id', 'requester', 'fail', HELD],
  ['stored id', 'correspondent', 'unconfigured', J(false)], ['stored id', 'correspondent', 'pass', J(true)],
  ['stored id', 'correspondent', 'fail', HELD],    ['stored id', 'correspondent', 'forged', J(false)],
  ['stored id', 'follower', 'none', J(false)],     ['stored id', 'stranger', 'unconfigured', HELD],
  ['stored id', 'stranger', 'pass', HELD],         ['stored id', 'agent', 'unconfigured', NOTE],
  ['stored id', 'agent', 'pass', NOTE],            ['stored id', 'two', 'none', HELD],

  ['number', 'requester', 'unconfigured', J(false)], ['number', 'requester', 'none', NEW],
  ['number', 'requester', 'pass', J(true)],        ['number', 'requester', 'fail', NEW],
  ['number', 'requester', 'forged', NEW],          ['number', 'follower', 'unconfigured', J(false)],
  ['number', 'follower', 'pass', J(true)],         ['number', 'follower', 'none', NEW],
  ['number', 'correspondent', 'unconfigured', NEW], ['number', 'correspondent', 'pass', NEW],
  ['number', 'stranger', 'unconfigured', NEW],     ['number', 'stranger', 'pass', NEW],
  ['number', 'agent', 'unconfigured', NOTE],       ['number', 'agent', 'pass', NOTE],
  ['number', 'agent', 'none', NEW],                ['number', 'agent', 'fail', NEW],
  ['number', 'nobody', 'unconfigured', NEW],       ['number', 'two', 'pass', NEW],

  ['nothing', 'requester', 'pass', NEW],           ['nothing', 'agent', 'pass', NEW],
  ['nothing', 'stranger', 'unconfigured', NEW],    ['nothing', 'nobody', 'none', NEW],
]

t.test(`who may write where: ${rows.length} mails`, async (t) => {
  const places = new Map([
    [open, await place(open)],
    [relayed, await place(relayed)],
  ])
  for (const [n, [clue, from, auth, expected]] of rows.entries()) {
    const desk = auth === 'unconfigured' ? open : relayed
    const there = places.get(desk)
    if (there) await row(t, desk, there, { n, clue, from, auth, expected })
  }
  t.ok(rows.length >= 60)
})

type Place = Awaited<ReturnType<typeof place>>

/** A ticket with everybody whom the table names. */
async function place(desk: TestDesk) {
  const agent = await desk.person('agent', 'ada@desk.test')
  const first = await desk.receive(
    mail({ From: 'ruth@good.test', 'Message-ID': '<first@good.test>', Cc: 'carl@good.test' }),
  )
  const { id, number } = (await desk.call('GET', `/v1/tickets/${first.ticketId}`)).body
  await desk.call('POST', `/v1/tickets/${id}/followers`, { body: { email: 'fay@good.test' } })
  await desk.call('PUT', `/v1/tickets/${id}/assignment`, { body: { assigneeId: agent.id } })
  await desk.call('POST', `/v1/tickets/${id}/notes`, { body: { body: 'CANARY-NOTE' } })
  await desk.call('POST', `/v1/tickets/${id}/replies`, { key: agent.key, body: { body: 'An answer' } })
  const { data } = (await desk.call('GET', `/v1/mail/outbound?ticketId=${id}&kind=reply&to=ruth@good.test`)).body
  return {
    id,
    number,
    agentId: agent.id,
    ourId: data[0].messageId,
    token: await desk.replyAddress(id, 'ruth@good.test'),
    agentToken: await desk.replyAddress(id, 'ada@desk.test'),
  }
}

const addresses: Record<Who, string> = {
  requester: 'ruth@good.test',
  follower: 'fay@good.test',
  correspondent: 'carl@good.test',
  stranger: 'eve@evil.test',
  agent: 'ada@desk.test',
  nobody: 'undisclosed',
  two: 'ruth@good.test, eve@evil.test',
}

const results: Record<Auth, (domain: string) => Record<string, string>> = {
  unconfigured: () => ({}),
  none: () => ({}),
  pass: (domain) => ({ 'Authentication-Results': `mx.desk.test; dmarc=pass header.from=${domain}` }),
  fail: (domain) => ({ 'Authentication-Results': `mx.desk.test; dmarc=fail header.from=${domain}` }),
  forged: (domain) => ({ 'Authentication-Results': `mx.evil.test; dmarc=pass header.from=${domain}` }),
}

const mail = (headers: Record<string, string>, body = 'Words') =>
  `${Object.entries({ To: 'support@kontor.localhost', Subject: 'Hello', ...headers })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n${body}\n`

interface Row {
  n: number
  clue: Clue
  from: Who
  auth: Auth
  expected: Expected
}

async function row(t: Test, desk: TestDesk, there: Place, { n, clue, from, auth, expected }: Row) {
  const name = `${clue} from ${from}, ${auth}: ${expected.is}`
  const address = addresses[from]
  const canary = `WORDS-${n}`
  const received = await desk.receive(
    mail(
      {
        ...results[auth](address.split('@')[1]?.split(',')[0] ?? ''),
        From: address,
        // somebody who is to be copied into the ticket, if it lets itself be fooled
        Cc: `mole-${n}@evil.test`,
        'Message-ID': `<row-${n}@evil.test>`,
        ...(clue === 'our id' ? { 'In-Reply-To': `<${there.ourId}>` } : {}),
        ...(clue === 'stored id' ? { References: '<first@good.test>' } : {}),
        ...(clue === 'number' ? { Subject: `Re: Hello #[${there.number}]` } : {}),
      },
      canary,
    ),
    {
      mailFrom: from === 'nobody' ? '' : (address.split(',')[0] ?? ''),
      peer: RELAY,
      rcptTo: clue === 'token' ? there.token : clue === 'agent token' ? there.agentToken : 'support@kontor.localhost',
    },
  )
  const isThere = received.ticketId === there.id
  const message = (await desk.call('GET', `/v1/messages/${received.messageId}`)).body
  const got = !isThere ? 'new' : message.held ? 'held' : message.visibility === 'internal' ? 'note' : 'joined'
  t.equal(got, expected.is, name)
  if (expected.verified !== undefined) t.equal(message.verified, expected.verified, `${name}, verified`)

  const mails = (await desk.call('GET', `/v1/mail/outbound?createdAt[gte]=${message.createdAt}&limit=100`)).body.data
  const about = mails.filter((one: { ticketId: string }) => one.ticketId === there.id)
  const told = (kind: string) =>
    about.filter((one: { kind: string }) => one.kind === kind).map((one: { to: string }) => one.to)
  const to = (list: { to: string }[]) => list.map((one) => one.to).join()
  t.notMatch(to(mails), /mole/, `${name}: nothing to those it brings along`)
  t.notMatch(to(about), /eve@evil/, `${name}: nothing of the ticket to a stranger`)
  // a public message goes to the others of the ticket, whatever is not one goes to nobody outside
  const others = ['ruth@good.test', 'fay@good.test'].filter((one) => one !== address)
  const isPublic = expected.is === 'joined'
  if (isPublic)
    t.same(
      new Set(told('reply').filter((one: string) => !/mole/.test(one))),
      new Set(others),
      `${name}: goes to the others`,
    )
  else t.same(told('reply'), [], `${name}: goes to nobody`)
  if (expected.is === 'note') t.same(told('notification'), ['ada@desk.test'], `${name}: the agent hears of it`)
  const { body } = await desk.call('GET', `/v1/tickets/${there.id}/followers`)
  const moles = body.data.filter(({ email }: { email: string }) => email === `mole-${n}@evil.test`)
  const mayBring = isPublic && message.verified === true && (from === 'requester' || from === 'agent')
  t.equal(moles.length, mayBring ? 1 : 0, `${name}: a Cc follows only for a proven requester or agent`)
  for (const { personId } of moles) await desk.call('DELETE', `/v1/tickets/${there.id}/followers/${personId}`)
}
