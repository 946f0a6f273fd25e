import type { Letter } from './mail-load.ts'
import type { Sown } from './workloads.ts'

/** Mail over SMTP that becomes rows. */
export interface MailWorkload {
  name: string
  title: string
  letter(random: (n: number) => number, count: number, sown: Sown): Letter
}

const KNOWN_PERCENT = 90
const LINE = 'The printer on the second floor is on fire again, and nobody knows why.\r\n'
const BODY_LINES = 135
const REPLY_LINES = 20

const head = (from: string, count: number, more: string[]) =>
  [
    `From: Some Body <${from}>`,
    'To: Support <support@kontor.localhost>',
    `Message-ID: <bench-${process.pid}-${count}@mail.example.com>`,
    'Date: Sun, 22 Nov 2026 06:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    ...more,
    '',
    '',
  ].join('\r\n')

const openByMail: MailWorkload = {
  name: 'W5',
  title: 'a mail of 10 KB becomes a ticket',
  letter(random, count, { people }) {
    const from = random(100) <= KNOWN_PERCENT ? `person-${random(people)}@example.com` : `new-mail-${count}@example.com`
    return {
      from,
      raw: `${head(from, count, [`Subject: Printer ${count} on fire`])}${LINE.repeat(BODY_LINES)}Ada ${count}`,
    }
  },
}

/** The Message-ID that was sown for a ticket, and who wrote it. */
const sownMessageId = (n: number): string => `sown-${n}@mail.example.com`
const sownWriter = (n: number, { people }: Sown): string => `person-${1 + (n % people)}@example.com`

const replyByMail: MailWorkload = {
  name: 'W6',
  title: 'a mail of 10 KB joins its ticket',
  letter(random, count, sown) {
    const n = random(sown.tickets)
    const from = sownWriter(n, sown)
    const more = [`Subject: Re: Printer ${n} on fire`, `In-Reply-To: <${sownMessageId(n)}>`]
    const quoted = `On Fri, 20 Nov 2026, Support wrote:\r\n${`> ${LINE}`.repeat(BODY_LINES - REPLY_LINES)}`
    return { from, raw: `${head(from, count, more)}${LINE.repeat(REPLY_LINES)}Ada ${count}\r\n\r\n${quoted}` }
  },
}

export const mailWorkloads: readonly MailWorkload[] = [openByMail, replyByMail]
