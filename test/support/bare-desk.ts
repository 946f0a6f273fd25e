import type { App } from '../../src/app.ts'
import type { Db } from '../../src/db/client.ts'
import { SYSTEM } from '../../src/kernel/actor.ts'
import type { Reaction } from '../../src/kernel/context.ts'
import { createDesk, type Session } from '../../src/kernel/desk.ts'

interface Bare {
  db: Db
  app: Pick<App, 'secrets'>
  reactions?: readonly Reaction[]
  onError?: (error: unknown) => void
}

/** A desk on a database that is there, with the reactions of a test instead of the house's own. */
export const bareSession = ({ db, app, reactions = [], onError = () => {} }: Bare): Session =>
  createDesk({
    db,
    clock: () => new Date(),
    secrets: app.secrets,
    settings: {
      portalUrl: undefined,
      publicUrl: 'http://desk.test',
      mailDomain: 'desk.test',
      replyDomain: 'desk.test',
      mailIsRouted: false,
      authservIds: [],
      isTrustedRelay: () => false,
    },
    reactions,
    signToken: () => '',
    wakeRelay: () => {},
    onError,
  }).as(SYSTEM, { channel: 'api' })
