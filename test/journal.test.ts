import t from 'tap'
import { createJournal } from '../src/mail/in/journal.ts'
import { startDesk } from './support/desk.ts'

const { system, db } = await startDesk(t)

const mail = (text: string, rcptTo = ['support@kontor.localhost']) => {
  const bytes = Buffer.from(`From: ruth@example.com\r\nSubject: ${text}\r\n\r\n${text}\r\n`)
  return { mailFrom: 'ruth@example.com', rcptTo, peer: '127.0.0.1', size: bytes.length, content: { bytes } }
}
const stored = async (ids: readonly string[]) =>
  (
    await db.query<{ id: string; text: string; commit: string }>({
      text: `select m.id, convert_from(c.bytes, 'UTF8') as text, m.xmin::text as commit
        from inbound_mails m join blob_chunks c on c.sha256 = m.sha256 where m.id = any($1) order by m.id`,
      values: [ids],
    })
  ).rows

t.test('mails that come at once share a commit, each with its own bytes and rows', async (t) => {
  const journal = createJournal(system)
  const texts = Array.from({ length: 20 }, (_, n) => `mail ${n}`)
  const journalled = await Promise.all(texts.map((text) => journal(mail(text))))
  const rows = await stored(journalled.flatMap(({ ids }) => ids))
  t.equal(new Set(rows.map(({ commit }) => commit)).size, 3, 'the first alone, then sixteen, then the others')
  const textOf = new Map(rows.map(({ id, text }) => [id, text]))
  for (const [n, { ids }] of journalled.entries()) t.match(textOf.get(ids[0] ?? ''), `mail ${n}\r\n`)
})

t.test('the same mail twice at once is two rows of one message', async (t) => {
  const journal = createJournal(system)
  const journalled = await Promise.all(['first', 'twin', 'twin'].map((text) => journal(mail(text))))
  const [, one, other] = journalled.map(({ ids }) => ids[0] ?? '')
  t.not(one, other)
  t.equal((await stored([one ?? '', other ?? ''])).length, 2)
})

t.test('a mail that is refused costs nobody else their 250', async (t) => {
  const journal = createJournal(system)
  const [first, refused, next] = await Promise.allSettled([
    journal(mail('first of three')),
    journal(mail('refused', ['support\0@kontor.localhost'])),
    journal(mail('next')),
  ])
  t.match(first, { status: 'fulfilled' })
  t.match(refused, { status: 'rejected', reason: { code: 'invalid_input' } })
  t.match(next, { status: 'fulfilled', value: { ids: [String] } })
})
