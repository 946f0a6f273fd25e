import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ingestAll } from '../src/cli/ingest.ts'
import { type FoundMail, mailsIn } from '../src/cli/mail-files.ts'
import { readConfig } from '../src/config.ts'
import { startDesk } from './support/desk.ts'

const folder = await mkdtemp(join(tmpdir(), 'kontor-ingest-'))
t.teardown(() => rm(folder, { recursive: true }))

const mail = (subject: string, more = '') =>
  `From: ruth@example.com\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.com>\r\n${more}\r\nHello\r\n`
const MBOX = `From ruth@example.com Sun Nov 22 06:00:00 2026\n${mail('three').replaceAll('\r', '')}\n>From here on\n\nFrom x\nSubject: four\n\nb\n`

await mkdir(join(folder, 'deep', 'cur'), { recursive: true })
await writeFile(join(folder, 'a.eml'), mail('one'))
await writeFile(join(folder, 'b.EML'), mail('two', 'In-Reply-To: <one@example.com>\r\n'))
await writeFile(join(folder, 'notes.txt'), 'no mail')
await writeFile(join(folder, 'deep', 'c.mbox'), MBOX)
await writeFile(join(folder, 'deep', 'cur', '1763791200.M1.host:2,S'), mail('five'))
await symlink(folder, join(folder, 'deep', 'loop'))

async function all(mails: AsyncIterable<FoundMail>): Promise<FoundMail[]> {
  const found: FoundMail[] = []
  for await (const one of mails) found.push(one)
  return found
}

t.test('folders hold mail in files, in mboxes and in Maildirs', async (t) => {
  const found = await all(mailsIn([folder, join(folder, 'notes.txt'), join(folder, 'gone')], 1_000))
  t.same(
    found.map((one) => ('bytes' in one ? one.bytes.toString().match(/Subject: (\w+)|no mail/)?.[0] : one.fault)),
    ['Subject: one', 'Subject: two', 'Subject: three', 'Subject: four', 'Subject: five', 'no mail', 'is not there'],
  )
  const three = found[2]
  t.match(
    three && 'bytes' in three && three.bytes.toString(),
    /^From: ruth.*\r\n\r\nHello\r\n\r\nFrom here on\r\n\r\n$/s,
  )
  const small = await all(mailsIn([folder], 90))
  t.equal(small.filter((one) => 'fault' in one).length, 2, 'what is too large is said, in an mbox too')
})

t.test('each mail becomes what it would have become by SMTP; a second run makes nothing', async (t) => {
  const desk = await startDesk(t)
  const run = async (paths: string[]) => {
    const lines = t.capture(console, 'log')
    const faults = t.capture(console, 'error')
    await ingestAll(readConfig({}), desk.app, { paths, to: undefined })
    const text = (calls: { args: unknown[] }[]) => calls.map(({ args }) => String(args[0]))
    return { lines: text(lines()), faults: text(faults()), code: process.exitCode }
  }
  t.teardown(() => {
    process.exitCode = 0
  })
  const first = await run([folder])
  t.equal(first.code ?? 0, 0)
  t.equal(first.lines.at(-1), '5 mails: 4 ticket_created, 1 message_added')
  t.match(first.lines[0], /a\.eml: ticket_created #\d+ \(inm_/)
  t.equal((await run([folder])).lines.at(-1), '5 mails: 5 duplicate')
  const failed = await run([join(folder, 'a.eml'), join(folder, 'gone')])
  t.equal(failed.code, 1)
  t.match(failed.faults, [/gone: is not there/])
  t.equal((await desk.call('GET', '/v1/tickets')).body.data.length, 4)
})
