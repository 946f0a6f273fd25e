import type {} from 'mercurius'
import type { InboundMail } from '../domain/mail/schema.ts'
import type { Session } from '../kernel/desk.ts'

/** What every resolver gets: the caller's session, and nothing of the database. */
export interface Context {
  desk: Session
  /** Set where the request carries an Idempotency-Key: it has one mutation field then. */
  idempotencyKey: string | undefined
  onReplay(): void
  parse(raw: Buffer, mailFrom: string | undefined): Promise<{ mail: InboundMail; contentHash: string }>
}

declare module 'mercurius' {
  interface MercuriusContext extends Context {}
}
