import { createTransport as createMailer, type SendMailOptions, type SMTPPoolOptions } from 'nodemailer'
import { dkimFor, type readDkimKeys } from './dkim.ts'

const RESPONSE_CHARACTERS_MAX = 500

type SendResult =
  /** The relay has taken it; `rejected` are the recipients it would not take it for. */
  | { outcome: 'sent'; response: string; rejected: string[] }
  /** Not now: try again. */
  | { outcome: 'deferred'; response: string }
  /** Never. */
  | { outcome: 'failed'; response: string }

export interface MailTransport {
  /** Never rejects: what the relay said, or why it could not be asked, is the result. No credentials in it. */
  send(options: SendMailOptions): Promise<SendResult>
  /** Whether the relay can be reached and takes our credentials. */
  verify(): Promise<boolean>
  close(): void
}

interface TransportParts {
  relayUrl: string
  ehloName: string
  dkimKeys?: Awaited<ReturnType<typeof readDkimKeys>>
}

/**
 * The way out: one relay, by `smtp://` with STARTTLS demanded, except on loopback and with `?tls=none`, or by `smtps://`.
 * Credentials stand in the URL, percent-encoded. Throws for a URL of any other kind.
 */
export function createTransport({ relayUrl, ehloName, dkimKeys = [] }: TransportParts): MailTransport {
  const url = readRelayUrl(relayUrl)
  const mailer = createMailer({ ...poolOptions(url), name: ehloName })
  const secrets = [url.password, decodeURIComponent(url.password)].filter((secret) => secret !== '')
  const told = (text: string) => withoutSecrets(text, secrets)

  return {
    async send(options) {
      try {
        const dkim = dkimFor(dkimKeys, fromOf(options))
        const { response, rejected } = await mailer.sendMail({ ...options, ...(dkim && { dkim }) })
        return { outcome: 'sent', response: told(response), rejected: rejected ?? [] }
      } catch (error) {
        return refusedBy(error, told)
      }
    },
    async verify() {
      return mailer.verify().catch(() => false)
    },
    close: () => mailer.close(),
  }
}

/** `compose` gives an object. */
const fromOf = ({ from }: SendMailOptions): string =>
  (typeof from === 'object' && !Array.isArray(from) && from.address) || ''

function readRelayUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new TypeError('A relay URL is smtp://host:port or smtps://host:port')
  }
  return url
}

function poolOptions(url: URL): SMTPPoolOptions & { pool: true } {
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isPlain = !secure && (url.searchParams.get('tls') === 'none' || isLoopback(host))
  const user = decodeURIComponent(url.username)
  return {
    pool: true,
    host,
    port: Number(url.port) || (secure ? 465 : user ? 587 : 25),
    secure,
    ignoreTLS: isPlain,
    requireTLS: !secure && !isPlain,
    ...(user && { auth: { user, pass: decodeURIComponent(url.password) } }),
    tls: { minVersion: 'TLSv1.2' },
    maxConnections: 5,
    maxMessages: 100,
    // The job tries again, with its own record of it; the pool must not do so behind its back.
    maxRequeues: 0,
    connectionTimeout: 30_000,
    greetingTimeout: 30_000,
    // RFC 5321 §4.5.3.2.6: after the final dot a relay may think for ten minutes.
    socketTimeout: 600_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

const isLoopback = (host: string) => /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|::1)$/i.test(host)

/** A 5xx is final only where it speaks of this mail. One to our greeting or our password is the operator's to mend. */
function refusedBy(error: unknown, told: (text: string) => string): SendResult {
  const { code, responseCode, response, message } = errorFields(error)
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const isFinal = isAboutMail && (responseCode === undefined || responseCode >= 500)
  return { outcome: isFinal ? 'failed' : 'deferred', response: told(response ?? message) }
}

function errorFields(error: unknown) {
  if (!(error instanceof Error))
    return { code: undefined, responseCode: undefined, response: undefined, message: String(error) }
  return {
    code: 'code' in error ? error.code : undefined,
    responseCode: 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined,
    response: 'response' in error && typeof error.response === 'string' ? error.response : undefined,
    message: error.message,
  }
}

function withoutSecrets(text: string, secrets: string[]): string {
  const clean = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  return clean
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, RESPONSE_CHARACTERS_MAX)
    .toWellFormed()
}
