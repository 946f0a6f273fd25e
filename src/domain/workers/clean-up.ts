import { defineCommand } from '../../kernel/desk.ts'
import { forgetExpiredKeys } from '../../kernel/idempotency.ts'
import { NoInput } from '../../kernel/schema.ts'
import { forgetJobs } from '../bulk/store.ts'
import { forgetSimulations } from '../simulations/store.ts'

/** Removes what has had its time: idempotency keys after a day, simulations and jobs after thirty. Internal. */
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
  }),
})
