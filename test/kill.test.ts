import t from 'tap'
import { claimInboundMail } from '../src/domain/inbound/claim-inbound-mail.ts'
import { journalMail } from '../src/domain/inbound/journal-mail.ts'
import { adoptWork } from '../src/domain/workers/adopt-work.ts'
import { newId } from '../src/kernel/ids.ts'
import { receiveMail } from '../src/mail/in/receive.ts'
import { makeDatabase, onPostgres } from './support/database.ts'
import { startDesk, type TestDesk } from './support/desk.ts'
import { killRun } from './torture/kill.ts'

/** `npm run torture` does the same with more of everything, and with seeds of its own. */
const SEED = 67

t.test('nothing is lost, doubled, made up or delayed by more than 5 s while the process is killed', async (t) => {
  const database = onPostgres ? await makeDatabase() : undefined
  const { figures, violations } = await killRun({ mails: 50, writes: 50, kills: 1, seed: SEED, database })
  t.comment(figures)
  t.same(violations, [])
})

const desk = await startDesk(t)
await desk.keepJobs()

t.test('what a dead worker had adopted and not begun is adopted again', async (t) => {
  const [first, second, third] = [newId('job'), newId('job'), newId('job')]
  const { system } = desk
  const [inboundMailId = ''] = await journal(desk, 1)
  const adopt = (workerId: string, lockKey: number) => system.execute(adoptWork, { workerId, lockKey, embedded: true })
  await adopt(first, 1)
  await system.execute(claimInboundMail, { inboundMailId, workerId: first })
  for (const [n, worker] of [second, third].entries()) {
    await takeJobs(desk)
    await adopt(worker, n + 2)
    t.same(await takeJobs(desk), [inboundMailId])
  }
})

t.test('a deferred mail whose job was fetched by a dead worker and not begun is sent by the next', async (t) => {
  const { system, db, call, openTicket } = desk
  const { id } = await openTicket({ requester: { email: 'later@example.com' } })
  await call('POST', `/v1/tickets/${id}/replies`, { body: { body: 'Answer' } })
  const defer = (due: string) =>
    db.query<{ id: string }>({
      text: `update outbound_mails set state = 'deferred', next_attempt_at = now() + $2 where ticket_id = $1 returning id`,
      values: [id, due],
    })
  const adoptedBy = async (lockKey: number) => {
    await db.query({ text: 'delete from outbox', values: [] })
    await system.execute(adoptWork, { workerId: newId('job'), lockKey, embedded: true })
    const { rows } = await db.query<{ id: string }>({
      text: `select data->>'outboundMailId' as id from outbox where queue = 'mail.send' order by 1`,
      values: [],
    })
    return rows.map((row) => row.id)
  }
  const due = (await defer('-1 second')).rows.map((row) => row.id).sort()
  t.not(due.length, 0)
  t.same(await adoptedBy(21), due)
  await defer('1 hour')
  t.same(await adoptedBy(22), [], 'one that is not due has its job still')
})

t.test('of many mails that wait a kill counts only against those that are read just then', async (t) => {
  const ids = await journal(desk, 8)
  // reads for ever, as far as a killed process can tell
  let reading = 0
  const allRead = new Promise<void>((resolve) => {
    const parse = () => {
      if (++reading === 4) resolve()
      return new Promise<never>(() => {})
    }
    const receive = receiveMail({
      desk: desk.system,
      parser: { parse, warm: () => {}, close: async () => {} },
      spool: desk.app.spool,
      workerId: newId('job'),
    })
    for (const inboundMailId of [...ids, ...ids]) void receive({ inboundMailId })
  })
  await allRead
  const { rows } = await desk.db.query<{ attempts: number }>({
    text: 'select attempts from inbound_mails where id = any($1) order by attempts',
    values: [ids],
  })
  t.same(
    rows.map(({ attempts }) => attempts),
    [0, 0, 0, 0, 1, 1, 1, 1],
  )
})

/** Accepted mails that nobody has read. */
async function journal({ system }: TestDesk, count: number): Promise<string[]> {
  const bytes = Buffer.from('From: ruth@example.com\r\nSubject: Hi\r\n\r\nHello\r\n')
  const mail = {
    mailFrom: '',
    rcptTo: ['support@kontor.localhost'],
    peer: '127.0.0.1',
    size: bytes.length,
    content: { bytes },
  }
  const rows = await Promise.all(Array.from({ length: count }, () => system.execute(journalMail, mail)))
  return rows.flatMap(({ ids }) => ids)
}

/** The mails whose jobs are on their way, taken away. */
async function takeJobs({ db }: TestDesk): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    text: `delete from outbox returning data->>'inboundMailId' as id`,
    values: [],
  })
  return rows.map(({ id }) => id)
}
