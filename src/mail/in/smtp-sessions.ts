import { once } from 'node:events'
import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection'
import type { SMTPServerOptions } from 'smtp-server/lib/types'
import { type ConnectionParts, GuardedConnection } from './smtp-connection.ts'
import type { PeerGuard, SmtpLimits } from './smtp-limits.ts'

/** The library's server with sessions of ours, each counted from the first byte to the last. */
export class GuardedServer extends SMTPServer {
  closing = false
  readonly sockets = new Set<Socket>()
  readonly guarded = new Set<GuardedConnection>()
  readonly parts: { limits: SmtpLimits; mailBytesMax: number; guard: PeerGuard }

  constructor(options: SMTPServerOptions, parts: { limits: SmtpLimits; mailBytesMax: number; guard: PeerGuard }) {
    super(options)
    this.parts = parts
  }

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const gone: (() => void)[] = []
    const connection = new GuardedConnection(this.partsFor(gone), this, socket, options ?? null)
    this.sockets.add(socket)
    this.guarded.add(connection)
    this.connections.add(connection)
    gone.push(() => {
      this.sockets.delete(socket)
      this.guarded.delete(connection)
      if (this.sockets.size === 0) this.emit('drained')
    })
    connection.on('error', (error) => this._onError(error))
    connection.init()
  }

  partsFor(gone: (() => void)[]): ConnectionParts {
    const { limits, mailBytesMax, guard } = this.parts
    return {
      limits,
      mailBytesMax,
      isStressed: guard.isStressed,
      isClosing: () => this.closing,
      onGone() {
        for (const tell of gone.splice(0)) tell()
      },
      admit(ip) {
        const free = guard.admit(ip)
        if (free) gone.push(free)
        return free ? undefined : '4.7.0 Too many connections, try again later'
      },
    }
  }

  async drained(): Promise<void> {
    if (this.sockets.size > 0) await once(this, 'drained')
  }
}
