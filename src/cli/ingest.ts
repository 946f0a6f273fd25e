import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { journalMail } from '../domain/inbound/journal-mail.ts'
import { inboundMail } from '../domain/inbound/queries.ts'
import { mailboxesQuery } from '../domain/mailboxes/queries.ts'
import { mailRecipient } from '../domain/mailboxes/recipient.ts'
import { SYSTEM } from '../kernel/actor.ts'
import type { Session } from '../kernel/desk.ts'
import { newId } from '../kernel/ids.ts'
import { Problem } from '../kernel/problems.ts'
import { receiveMail } from '../mail/in/receive.ts'
import { mailsIn } from './mail-files.ts'

/** With so many and more, only what went wrong has a line of its own. */
const TOLD_ONE_BY_ONE_MAX = 100
const CLEAR_LINE = '\r\x1b[K'

/** Files messages one after the other, so that an answer finds what it answers. Sets the exit code to 1 when one could not be taken. */
export async function ingestAll(
  config: Config,
  app: App,
  { paths, to }: { paths: readonly string[]; to: string | undefined },
): Promise<void> {
  const desk = app.desk.as(SYSTEM, { channel: 'email' })
  const recipient = await recipientOf(desk, to)
  const receive = receiveMail({ desk, parser: app.parser, spool: app.spool, workerId: newId('job') })
  const counts = new Map<string, number>()
  let seen = 0
  const told = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)

  for await (const found of mailsIn(paths, config.mailBytesMax)) {
    seen++
    try {
      if ('fault' in found) throw new Error(found.fault)
      for (const { verdict, text } of await ingestOne(desk, receive, { recipient, bytes: found.bytes })) {
        told(verdict)
        if (seen <= TOLD_ONE_BY_ONE_MAX) console.log(`${found.name}: ${text}`)
      }
    } catch (error) {
      told('not taken')
      console.error(`${found.name}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
    if (process.stderr.isTTY) process.stderr.write(`${CLEAR_LINE}${seen} mails …`)
  }
  if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE)
  if (seen !== 1)
    console.log(`${seen} mails: ${[...counts].map(([what, n]) => `${n} ${what}`).join(', ') || 'none found'}`)
  if (!seen) process.exitCode = 1
}

async function recipientOf(desk: Session, to: string | undefined): Promise<string> {
  const recipient = to ?? (await desk.read(mailboxesQuery, {}))[0]?.address ?? ''
  if ((await desk.read(mailRecipient, { address: recipient })) === 'ours') return recipient
  throw new Problem('mailbox_not_found', { detail: `${recipient} is no mailbox of this desk.` })
}

async function ingestOne(
  desk: Session,
  receive: ReturnType<typeof receiveMail>,
  { recipient, bytes }: { recipient: string; bytes: Buffer },
): Promise<{ verdict: string; text: string }[]> {
  const { ids } = await desk.execute(journalMail, {
    mailFrom: '',
    rcptTo: [recipient],
    peer: 'file',
    size: bytes.length,
    content: { bytes },
  })
  const results = []
  for (const inboundMailId of ids) {
    await receive({ inboundMailId })
    const { verdict, outcome } = await desk.read(inboundMail, { inboundMailId })
    const ticket = outcome?.ticketNumber ? ` #${outcome.ticketNumber}` : ''
    results.push({ verdict: verdict ?? 'pending', text: `${verdict}${ticket} (${inboundMailId})` })
  }
  return results
}
