import { isAdmin } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { SessionAct } from './schema.ts'
import { endThese, lockSession } from './store.ts'

/** Ends one of one's own sessions; for admins anybody's. */
export const endSession = defineCommand({
  name: 'endSession',
  group: 'access',
  isPersonal: true,
  input: SessionAct,
  subject: ({ tx }, { sessionId }) => lockSession(tx, sessionId),

  refuse: (actor, { personId, endedAt }) =>
    endedAt || (personId !== actor.id && !isAdmin(actor)) ? 'session_not_found' : undefined,

  handle(context, _input, session) {
    endThese(context, [session], session.personId === context.actor.id ? 'ended' : 'admin')
    return { id: session.id }
  },
})
