import type { Socket } from 'node:net'
import type { SMTPServer } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection'
import { SMTPStream } from 'smtp-server/lib/smtp-stream'
import type { SmtpLimits } from './smtp-limits.ts'

export interface ConnectionParts {
  limits: SmtpLimits
  /** Past twice this, nobody listens any more. */
  mailBytesMax: number
  isStressed(): boolean
  isClosing(): boolean
  /** The last byte has passed; told once or more. */
  onGone(): void
  /** Takes a slot for this peer, or says why there is none. */
  admit(ip: string): string | undefined
}

/** RFC 3463: a reply that brings its own enhanced status code gets no second one from the library. */
const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /
/** Answers to MAIL and RCPT; no others may be held back. */
const GROUPED: ReadonlySet<unknown> = new Set(['MAIL_FROM_OK', 'RCPT_TO_OK'])
const SHUTTING_DOWN = '4.3.2 Shutting down, try again later'

/**
 * One SMTP session with the patience of R28. A subclass, because the library decides only by its idle timeout, which any trickled
 * byte resets, and has its own opinion on enhanced codes.
 */
export class GuardedConnection extends SMTPConnection {
  readonly parts: ConnectionParts
  errors = 0
  idle: NodeJS.Timeout | undefined
  transaction: NodeJS.Timeout | undefined

  constructor(parts: ConnectionParts, server: SMTPServer, socket: Socket, options: SMTPConnectionOptions | null) {
    super(server, socket, options)
    this.parts = parts
  }

  override init(): void {
    const refusal = this.parts.isClosing() ? SHUTTING_DOWN : this.parts.admit(this.remoteAddress)
    if (refusal === undefined) super.init()
    else this._setListeners(() => this.send(421, refusal, false))
  }

  override _createParser(): SMTPStream {
    // Called by the library's constructor: `parts` is not there yet, only later when bytes come.
    const parser = new CommandStream({ maxCommandLength: this._server.options.maxCommandLength })
    parser.oncommand = (command, callback) => this._onCommand(command, callback)
    parser.onBareLineFeed = () => this.refuseBareLineFeed()
    parser.onBytes = (bytes) => this.stopFlood(bytes)
    parser.on('error', () => this.send(421, '4.5.2 Command line too long', false))
    return parser
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    clearTimeout(this.idle)
    if (this.parts.isClosing()) this.send(421, SHUTTING_DOWN, false)
    else super._onCommand(command, callback)
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (GROUPED.has(context)) this.hold()
    if (code >= 500) this.errors++
    if (code >= 500 && this.errors >= this.parts.limits.errorsMax) super.send(421, '4.7.0 Too many errors', false)
    else if (code === 421) super.send(421, farewell(data), false)
    else super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context)
    if (!GROUPED.has(context)) this._socket.uncork()

    if (this._closing || this._closed) return
    this.waitForPeer(code, context)
    if (this.parts.isClosing() && !this._dataStream) super.send(421, SHUTTING_DOWN, false)
  }

  /** RFC 2920 §3.2: what is said of grouped commands leaves with the next answer, or at the end of this turn of the event loop. */
  hold(): void {
    const socket = this._socket
    if (socket.writableCorked) return
    socket.cork()
    setImmediate(() => socket.uncork())
  }

  /** From now on the peer owes us something; how long we wait depends on what. */
  waitForPeer(code: number, context?: string | false): void {
    const { limits, isStressed } = this.parts
    clearTimeout(this.idle)
    if (context === 'MAIL_FROM_OK') this.startTransaction()
    if (code === 354) {
      this.watchData(0)
    } else {
      const seconds = isStressed() ? limits.stressIdleSeconds : limits.commandIdleSeconds
      this.idle = setTimeout(() => this.giveUp(), seconds * 1_000)
    }
  }

  override _resetSession(): void {
    clearTimeout(this.transaction)
    if (this.session.transaction !== this._transactionCounter + 1) this.errors = 0
    super._resetSession()
  }

  override close(): void {
    clearTimeout(this.idle)
    clearTimeout(this.transaction)
    super.close()
  }

  // The socket's own listeners are gone after STARTTLS: this is called for the socket of then and that of now.
  override _onCloseEvent(hadError: boolean): void {
    super._onCloseEvent(hadError)
    this.parts.onGone()
  }

  override _onClose(): void {
    clearTimeout(this.idle)
    clearTimeout(this.transaction)
    super._onClose()
  }

  /** Ends a session that is not receiving a mail. */
  endIfIdle(): void {
    if (!this._dataStream) this.send(421, SHUTTING_DOWN, false)
  }

  startTransaction(): void {
    clearTimeout(this.transaction)
    this.transaction = setTimeout(() => {
      // A mail that is complete waits for us, not we for the peer.
      if (!this._dataStream || this.isReceiving()) this.giveUp()
    }, this.parts.limits.transactionSeconds * 1_000)
  }

  watchData(bytesBefore: number): void {
    const { dataIdleSeconds, dataBytesMin } = this.parts.limits
    this.idle = setTimeout(() => {
      if (!this.isReceiving()) return
      const bytes = this._parser ? this._parser.dataBytes : 0
      if (bytes - bytesBefore < dataBytesMin) this.giveUp()
      else this.watchData(bytes)
    }, dataIdleSeconds * 1_000)
  }

  isReceiving(): boolean {
    return this._parser !== false && this._parser._dataMode
  }

  giveUp(): void {
    this.send(421, '4.4.2 Timeout, closing connection', false)
  }

  /** R26: a line that only we would take for one is how a second mail is smuggled in. */
  refuseBareLineFeed(): void {
    this.send(500, '5.5.2 Lines end with CRLF', false)
    this.send(421, '4.7.0 Closing connection', false)
  }

  stopFlood(bytes: number): void {
    if (bytes <= this.parts.mailBytesMax * 2 || this._socket.destroyed) return
    this.send(552, `5.3.4 Message exceeds ${this.parts.mailBytesMax} bytes`, false)
    this._socket.destroySoon()
  }
}

/** The library's own farewells lack a code that fits: they are all about the peer's manners. */
function farewell(data: string | string[] | null | undefined): string {
  const text = String(data ?? '')
  if (ENHANCED.test(text)) return text
  return text.startsWith('Timeout') ? `4.4.2 ${text}` : `4.7.0 ${text.replace(/^Error: /, '')}`
}

class CommandStream extends SMTPStream {
  onBareLineFeed: () => void = () => {}
  onBytes: (bytes: number) => void = () => {}

  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    if (this._dataMode || this.isClosed || !hasBareLineFeed(this._remainder, chunk)) {
      super._write(chunk, encoding, next)
    } else {
      this.onBareLineFeed()
      next()
    }
  }

  override _countDataBytes(length: number): void {
    super._countDataBytes(length)
    this.onBytes(this.dataBytes)
  }
}

/** Among the commands of a chunk. What follows DATA in the same chunk is content: another rule's matter. */
function hasBareLineFeed(before: string, chunk: Buffer): boolean {
  let start = 0
  for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, start)) {
    const previous = at === 0 ? before.at(-1) : String.fromCharCode(chunk[at - 1] ?? 0)
    if (previous !== '\r') return true
    const line = (start === 0 ? before : '') + chunk.subarray(start, at).toString('latin1')
    if (/^data\s*$/i.test(line)) return false
    start = at + 1
  }
  return false
}
