import t from 'tap'
import { acceptMail } from '../src/domain/inbound/accept-mail.ts'
import type { Session } from '../src/kernel/desk.ts'
import { newId } from '../src/kernel/ids.ts'
import type { Parser } from '../src/mail/in/parser.ts'
import { createReceiver } from '../src/mail/in/receive.ts'
import { startDesk } from './support/desk.ts'

const { app, call, db, keepJobs, openTicket, receive, replyAddress, rows, system } = await startDesk(t)
await keepJobs()

const receiverWith = (parts: { desk?: Session; parser?: Parser; onError?(error: unknown): void }) =>
  createReceiver({ desk: system, parser: app.parser, spool: app.spool, workerId: newId('job'), ...parts })
const receiver = receiverWith({})
const letter = (head: string, text = 'Hello') => `From: Ruth <ruth@example.com>\n${head}\n\n${text}\n`
const mail = (raw: string, rcptTo = ['support@kontor.localhost']) => {
  const bytes = Buffer.from(raw.replace(/\r?\n/g, '\r\n'))
  return { mailFrom: 'ruth@example.com', rcptTo, peer: '127.0.0.1', size: bytes.length, content: { bytes } }
}
const journalled = async (id = '') => (await call('GET', `/v1/mail/inbound/${id}`)).body
const isQueued = async (id = ''): Promise<boolean> => {
  const text = `select from outbox where queue = 'mail.parse' and data->>'inboundMailId' = $1`
  return (await db.query({ text, values: [id] })).rows.length === 1
}

t.test('a small mail, its journal row and all that becomes of it are one commit', async (t) => {
  const raw = letter('Subject: Hi\nMessage-ID: <one@example.com>')
  const sent = mail(raw, ['Support@Kontor.Localhost'])
  const kept = Buffer.from(sent.content.bytes)
  const { ids } = await receiver.accept(sent)
  const row = await journalled(ids[0])
  t.match(row, { state: 'done', verdict: 'ticket_created', rcptTo: 'support@kontor.localhost', size: kept.length })
  t.notOk(await isQueued(ids[0]))
  const { rows: commits } = await db.query<{ commit: string }>({
    text: `select distinct commit from (select xmin::text as commit from inbound_mails where id = $1
      union all select xmin::text from tickets where id = $2 union all select xmin::text from messages where ticket_id = $2
      union all select b.xmin::text from blobs b join inbound_mails m using (sha256) where m.id = $1) as all_of_it`,
    values: [ids[0], row.ticketId],
  })
  t.equal(commits.length, 1)
  t.equal((await call('GET', `/v1/mail/inbound/${ids[0]}/raw`)).text, kept.toString())
})

t.test('a mail becomes the same by either way', async (t) => {
  const file = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b'
  const parts =
    '--b\nContent-Type: text/plain\n\nSee it\n--b\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-WAY\n--b--'
  const from = (address: string, head: string) => letter(head).replace('ruth@example.com', address)
  const sorts: Record<string, [raw: string, isAnswer?: 'answer']> = {
    ticket_created: [letter('Subject: New')],
    message_added: [letter('Subject: Re: Printer on fire'), 'answer'],
    'message_added, with a file': [letter(`Subject: Re: Printer on fire\n${file}`, parts), 'answer'],
    'ticket_created, with a file': [letter(`Subject: See\n${file}`, parts)],
    'message_added, of a stranger': [from('eve-WAY@example.com', 'Subject: Re: Printer'), 'answer'],
    auto_reply_recorded: [letter('Subject: Away\nAuto-Submitted: auto-replied'), 'answer'],
    ignored: [from('support@kontor.localhost', 'Subject: Loop')],
    'ticket_created, unreadable': [letter(`Subject: Much\n${'X-A: b\n'.repeat(1_200)}`)],
  }
  const filed = async (way: string, raw: string, isAnswer: boolean): Promise<{ verdict: string; same: unknown }> => {
    const { id } = await openTicket({ requester: { email: 'ruth@example.com' } })
    const address = await replyAddress(id, 'ruth@example.com')
    const before = await rows()
    const row = await receive(raw.replaceAll('WAY', way), {
      ...(isAnswer ? { rcptTo: address } : {}),
      mailFrom: 'ruth@example.com',
      byJob: way === 'job',
    })
    const after = await rows()
    const { ticketId: _, ticketNumber, ...outcome } = row.outcome
    const told = JSON.stringify({ ...outcome, state: row.state })
      .replaceAll(way, 'WAY')
      .replaceAll(`#${ticketNumber}`, '#')
    const made = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)])
    return { verdict: row.verdict, same: [JSON.parse(told), made] }
  }
  for (const [sort, [raw, isAnswer]] of Object.entries(sorts)) {
    const marked = `Message-ID: <WAY-${sort.replace(/\W/g, '')}@example.com>\n${raw}`
    const [byJob, atOnce] = [await filed('job', marked, !!isAnswer), await filed('once', marked, !!isAnswer)]
    t.equal(byJob.verdict, sort.split(',')[0])
    t.same(byJob, atOnce, sort)
  }
})

t.test('the same mail many times at once is one ticket, and each is in the journal', async (t) => {
  const raw = letter('Subject: Twenty\nMessage-ID: <twenty@example.com>')
  const accepted = await Promise.all(Array.from({ length: 20 }, () => receiver.accept(mail(raw))))
  const found = await Promise.all(accepted.map(({ ids }) => journalled(ids[0])))
  t.equal(new Set(found.map(({ id }) => id)).size, 20)
  t.same(found.map(({ verdict }) => verdict).sort(), [...Array(19).fill('duplicate'), 'ticket_created'])
})

t.test('what cannot be filed at once is journalled, and filed as any mail is', async (t) => {
  const errors: unknown[] = []
  const broken: Session = {
    ...system,
    execute: (command, input) =>
      command.name === acceptMail.name ? Promise.reject(new Error('not now')) : system.execute(command, input),
  }
  let read = 0
  const parser: Parser = { ...app.parser, parse: (raw) => app.parser.parse(raw).finally(() => read++) }
  const careful = receiverWith({ desk: broken, parser, onError: (error) => errors.push(error) })
  const { ids } = await careful.accept(mail(letter('Subject: Broken\nMessage-ID: <broken@example.com>')))
  await careful.finish(10_000)
  t.match(await journalled(ids[0]), { state: 'done', verdict: 'ticket_created' })
  t.match(errors, [{ message: 'not now' }])
  t.equal(read, 1, 'it is read once')
})

t.test('the 250 of a mail that takes long to read does not wait for that', async (t) => {
  const reading = Promise.withResolvers<void>()
  const parser: Parser = { ...app.parser, parse: (raw) => reading.promise.then(() => app.parser.parse(raw)) }
  const slow = receiverWith({ parser })
  const { ids } = await slow.accept(mail(letter('Subject: Slow\nMessage-ID: <slow@example.com>')))
  t.match(await journalled(ids[0]), { state: 'pending' })
  t.notOk(await isQueued(ids[0]), 'it is still being read')
  reading.resolve()
  await slow.finish(10_000)
  t.match(await journalled(ids[0]), { state: 'done', verdict: 'ticket_created' })
})

t.test('without a parser it goes to the queue', async (t) => {
  const parser: Parser = { ...app.parser, parse: () => Promise.reject(new Error('closed')) }
  const closed = receiverWith({ parser })
  const { ids } = await closed.accept(mail(letter('Subject: Closed\nMessage-ID: <closed@example.com>')))
  await closed.finish(10_000)
  t.match(await journalled(ids[0]), { state: 'pending' })
  t.ok(await isQueued(ids[0]))
  await receiver.receive({ inboundMailId: ids[0] ?? '' })
  t.match(await journalled(ids[0]), { state: 'done', verdict: 'ticket_created' })
})

t.test('a mail that comes while the process finishes goes to the queue', async (t) => {
  const last = receiverWith({})
  const finishing = last.finish(10_000)
  const { ids } = await last.accept(mail(letter('Subject: Last\nMessage-ID: <last@example.com>')))
  await finishing
  t.match(await journalled(ids[0]), { state: 'pending' })
  t.ok(await isQueued(ids[0]))
})

t.test('a mail to several, or a large one, is journalled first', async (t) => {
  const { id } = await openTicket({ requester: { email: 'ruth@example.com' } })
  const address = await replyAddress(id, 'ruth@example.com')
  const mails = [
    mail(letter('Subject: Both\nMessage-ID: <both@example.com>'), [address, await replyAddress(id, 'eve@example.com')]),
    mail(letter('Subject: Large\nMessage-ID: <large@example.com>', 'word '.repeat(20_000))),
  ]
  for (const one of mails) {
    const { ids } = await receiver.accept(one)
    t.equal(ids.length, one.rcptTo.length)
    for (const inboundMailId of ids) {
      await receiver.receive({ inboundMailId })
      t.match(await journalled(inboundMailId), { state: 'done' })
    }
  }
})
