import type { CommandContext } from '../../kernel/context.ts'
import type { PersonRow } from '../people/decide.ts'
import { asAssignee } from '../people/store.ts'
import { ticketFacts } from '../tickets/decide.ts'
import type { LockedTicket } from '../tickets/store.ts'
import type { Asked } from './commands.ts'
import type { MailCommand } from './schema.ts'

/** What an agent is to hear of their mail: each line that was refused, and why; nothing where all was done as it was written. */
export function refusalsOf({ remark }: Asked, commands: readonly MailCommand[]): string | undefined {
  const refused = commands.flatMap(({ line, done, code, detail }) => (done ? [] : [`${line}\n  ${code}: ${detail}`]))
  return [...(remark === null ? [] : [remark]), ...refused].join('\n\n') || undefined
}

interface Refused {
  to: PersonRow
  inboundMailId: string
  messageId: string
  refusals: string
}

/** Tells the agent. What was refused stands in the facts, which nobody reads but who writes to them. */
export function tellRefusals(
  { emit, actor, versions }: CommandContext,
  { ticket, ...parties }: LockedTicket,
  { to, inboundMailId, messageId, refusals }: Refused,
): void {
  const facts = ticketFacts({ before: null, after: ticket, ...parties, actor, messageId, versions })
  emit({
    type: 'command.refused',
    ticketId: ticket.id,
    object: { type: 'inboundMail', id: inboundMailId, version: null },
    data: { inboundMailId, messageId },
    facts: { ...facts, refused: { to: asAssignee(to), text: refusals } },
  })
}
