import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { SMTPServerAddress, SMTPServerOptions, SMTPServerSession } from 'smtp-server/lib/types'
import { parseAddress } from '../../kernel/address.ts'
import { createPeerGuard, type PeerGuard, SMTP_LIMITS, type SmtpLimits } from './smtp-limits.ts'
import { type ReceivedMail, receiveMail } from './smtp-receive.ts'
import { asReply, refusal } from './smtp-reply.ts'
import { GuardedServer } from './smtp-sessions.ts'
import { readCertificate, type TlsFiles, watchCertificate } from './smtp-tls.ts'
import type { SpoolFolder } from './spool-folder.ts'

export interface SmtpListenerParts {
  host: string
  /** 0 takes a free one. */
  port: number
  mailBytesMax: number
  /** Addresses or CIDR ranges that no connection or MAIL rate holds back. */
  trustedRelays: string[]
  log: Logger
  /** Where large mail lies while it is received. */
  spool: SpoolFolder
  /** Whose a recipient address is, in lower case and punycode; bad reply tokens are unknown. Rejects when it cannot tell: 451. */
  recipient(address: string): Promise<'ours' | 'unknown' | 'foreign'>
  /** Resolves after the commit of one journal row for each recipient; rejects: 451. */
  journal(mail: ReceivedMail): Promise<{ ids: string[] }>
  /** Without it there is no TLS: the library's own key is known to everybody. */
  tls?: TlsSettings | undefined
  limits?: Partial<SmtpLimits>
}

export interface TlsSettings extends TlsFiles {
  /** Mail without it is refused (530). */
  required: boolean
  /** A port with TLS from the first byte (RFC 8314); 0 takes a free one. */
  implicitPort: number | undefined
}

export interface SmtpListener {
  /** Rejects when the certificate cannot be read. */
  listen(): Promise<{ port: number; implicitPort: number | undefined }>
  /** No new sessions (421 4.3.2); mails under way may finish within the grace. */
  close(graceSeconds: number): Promise<void>
  connections(): number
}

type Reply = (error?: Error | null) => void

/** How mail comes in (RFC 5321): no AUTH, no relay, and 250 only once the mail is ours for good. */
export function createSmtpListener(parts: SmtpListenerParts): SmtpListener {
  const limits = { ...SMTP_LIMITS, ...parts.limits }
  const guard = createPeerGuard(limits, parts.trustedRelays)
  const servers: GuardedServer[] = []
  let watching: { stop(): void } | undefined

  const open = async (options: SMTPServerOptions, port: number): Promise<number> => {
    const server = new GuardedServer(options, { ...parts, limits, guard })
    servers.push(server)
    server.on('error', (error) => parts.log.debug({ err: error }, 'smtp session failed'))
    const listening = server.listen(port, parts.host)
    await once(listening, 'listening')
    const address = listening.address()
    return typeof address === 'object' && address ? address.port : port
  }
  const certificateOf = async (tls: TlsSettings) => {
    const current = await readCertificate(tls)
    watching = watchCertificate(tls, {
      current,
      onRenewed: (renewed) => {
        for (const server of servers) server.updateSecureContext({ ...renewed })
      },
      onError: (error) => parts.log.error({ err: error }, 'the certificate for mail cannot be read again'),
    })
    return current
  }
  const closeOne = async (server: GuardedServer, graceSeconds: number) => {
    server.closing = true
    for (const connection of server.guarded) connection.endIfIdle()
    await Promise.race([server.drained(), wait(graceSeconds * 1_000, undefined, { ref: false })])
    for (const socket of server.sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(resolve))
  }

  return {
    connections: () => servers.reduce((sum, { connections }) => sum + connections.size, 0),
    async listen() {
      const certificate = parts.tls && (await certificateOf(parts.tls))
      const options = () => ({ ...optionsFor(parts, limits, guard), ...certificate })
      const port = await open(options(), parts.port)
      const implicitPort = parts.tls?.implicitPort
      return {
        port,
        implicitPort: implicitPort === undefined ? undefined : await open({ ...options(), secure: true }, implicitPort),
      }
    },
    async close(graceSeconds) {
      watching?.stop()
      await Promise.all(servers.map((server) => closeOne(server, graceSeconds)))
    },
  }
}

function optionsFor(parts: SmtpListenerParts, limits: SmtpLimits, guard: PeerGuard): SMTPServerOptions {
  return {
    disabledCommands: ['AUTH', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL', ...(parts.tls ? [] : ['STARTTLS'])],
    // Without a certificate of our own the library would offer its public test key.
    hideSTARTTLS: !parts.tls,
    minVersion: 'TLSv1.2',
    hideSMTPUTF8: true,
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    logger: false,
    size: parts.mailBytesMax,
    maxRecipients: limits.recipientsMax,
    maxCommandLength: limits.commandBytesMax,
    // A back-stop: GuardedConnection counts the seconds itself.
    socketTimeout: 2_000 * Math.max(limits.commandIdleSeconds, limits.dataIdleSeconds),
    // Real senders have addresses like `a..b@` and `c.@`: recipients get the strict parser, senders need not.
    lenientAddressParsing: true,
    onMailFrom: (_address, session, reply) => reply(refuseMail(session, parts, limits, guard)),
    onRcptTo: (address, _session, reply) => void answerRecipient(parts, address, reply),
    onData(stream, session, reply) {
      receiveMail({ ...parts, limits }, stream, session).then(
        (ids) => reply(null, `2.0.0 queued as ${ids.slice(0, 10).join(', ')}`),
        (error) => reply(asReply(error, parts.log)),
      )
    },
  }
}

function refuseMail(
  { transaction, remoteAddress, secure }: SMTPServerSession,
  { tls }: SmtpListenerParts,
  limits: SmtpLimits,
  guard: PeerGuard,
): Error | null {
  // RFC 3207 §4
  if (tls?.required && !secure) return refusal(530, '5.7.0 Must issue a STARTTLS command first')
  if (transaction > limits.mailsPerConnectionMax) return refusal(421, '4.7.0 Too many mails on this connection')
  return guard.countMail(remoteAddress) ? null : refusal(450, '4.7.1 Too many mails, try again later')
}

async function answerRecipient(parts: SmtpListenerParts, { address }: SMTPServerAddress, reply: Reply): Promise<void> {
  const parsed = parseAddress(address)
  if (parsed === undefined) return reply(refusal(550, '5.1.3 Not an address we know how to read'))
  try {
    const whose = await parts.recipient(parsed.address.toLowerCase())
    if (whose === 'ours') reply()
    else if (whose === 'foreign') reply(refusal(550, '5.7.1 We do not relay'))
    else reply(refusal(550, '5.1.1 No such mailbox here'))
  } catch (error) {
    reply(asReply(error, parts.log))
  }
}
