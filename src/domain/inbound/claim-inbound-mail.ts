import { Type } from 'typebox'
import { defineCommand } from '../../kernel/desk.ts'
import { Closed, Id } from '../../kernel/schema.ts'
import { claimRow } from './store.ts'

/** A worker takes a mail to read it. Null when it is filed already: whoever comes second does nothing. Internal. */
export const claimInboundMail = defineCommand({
  name: 'claimInboundMail',
  group: 'mail',
  input: Closed({ inboundMailId: Id(), workerId: Type.String({ maxLength: 64 }) }),
  subject: ({ tx }, { inboundMailId, workerId }) => claimRow(tx, inboundMailId, workerId),
  refuse: (actor) => (actor.kind === 'system' ? undefined : 'forbidden'),
  handle: (_context, _input, claimed) => claimed ?? null,
})
