import { defineCommand } from '../../kernel/desk.ts'
import { forgetExpiredKeys } from '../../kernel/idempotency.ts'
import { NoInput } from '../../kernel/schema.ts'
import { forgetJobs } from '../bulk/store.ts'
import { forgetAttempts } from '../login/attempts.ts'
import { forgetSessions } from '../login/store.ts'
import { forgetSimulations } from '../simulations/store.ts'

/** Removes what has had its time: idempotency keys after a day, simulations, jobs and sessions that have ended after thirty, attempts to log in within the hour. Internal. */
export const cleanUp = defineCommand({
  name: 'cleanUp',
  group: 'access',
  input: NoInput,
  subject: async () => undefined,
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  handle: async (context) => ({
    idempotencyKeys: await forgetExpiredKeys(context, context.now),
    simulations: await forgetSimulations(context, context.now),
    jobs: await forgetJobs(context, context.now),
    sessions: await forgetSessions(context, context.now),
    attempts: await forgetAttempts(context),
  }),
})
