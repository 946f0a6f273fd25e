import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server/lib/types'
import { parseAddress } from '../../kernel/address.ts'
import type { SmtpLimits } from './smtp-limits.ts'
import { refusal } from './smtp-reply.ts'
import { createHeaderWatch, createLineEnds, createSpool, type Spool } from './spool.ts'
import type { SpoolFolder } from './spool-folder.ts'

export interface ReceivedMail {
  /** MAIL FROM; empty for the null sender. */
  mailFrom: string
  rcptTo: string[]
  peer: string
  helo: string
  size: number
  /** A file is deleted once `journal` has settled, unless it was taken away. */
  content: { bytes: Buffer } | { path: string }
}

interface ReceiveParts {
  limits: SmtpLimits
  mailBytesMax: number
  spool: SpoolFolder
  journal(mail: ReceivedMail): Promise<{ ids: string[] }>
}

/** Reads a mail to its end, whatever is wrong with it, and journals it if nothing is. */
export async function receiveMail(
  parts: ReceiveParts,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<string[]> {
  const spool = createSpool(parts.limits.memoryBytesMax, parts.spool)
  try {
    const refused = await fill(spool, stream, parts)
    if (refused) throw refused
    const { mailFrom, rcptTo } = session.envelope
    const { ids } = await parts.journal({
      mailFrom: mailFrom ? asciiSender(mailFrom.address) : '',
      rcptTo: rcptTo.flatMap(({ address }) => parseAddress(address)?.address.toLowerCase() ?? []),
      peer: session.remoteAddress,
      helo: session.hostNameAppearsAs,
      size: spool.size(),
      content: await spool.finish(),
    })
    return ids
  } finally {
    await spool.remove()
  }
}

async function fill(
  spool: Spool,
  stream: SMTPServerDataStream,
  { limits, mailBytesMax }: { limits: SmtpLimits; mailBytesMax: number },
): Promise<Error | undefined> {
  const lines = createLineEnds()
  const headers = createHeaderWatch(limits.headerBytesMax)
  let refused: Error | undefined
  const take = async (chunk: Buffer) => {
    headers.feed(chunk)
    if (spool.size() + chunk.length > mailBytesMax)
      refused = refusal(552, `5.3.4 Message exceeds ${mailBytesMax} bytes`)
    else if (headers.isTooLarge()) refused = refusal(552, `5.3.4 Header block exceeds ${limits.headerBytesMax} bytes`)
    else if (headers.received() > limits.receivedMax) refused = refusal(554, '5.4.6 Too many hops')
    // What will be refused is read to its end, since the peer listens only then, but no longer kept.
    if (refused) await spool.remove()
    else await spool.write(chunk)
  }
  for await (const chunk of stream) if (!refused) await take(lines.normalise(chunk))
  if (!refused) await take(lines.end())
  return refused
}

const asciiSender = (address: string) => parseAddress(address)?.address ?? address
