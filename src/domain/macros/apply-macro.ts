import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid, Problem } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { callOf, macroActions } from '../rules/actions.ts'
import { setsStatus } from '../rules/guards.ts'
import { statusGivenOn } from '../tickets/decide.ts'
import { refuseGone, seesTicket } from '../tickets/policy.ts'
import { lockTicket } from '../tickets/store.ts'
import { ApplyMacro, type MacroApplied } from './schema.ts'
import { lockMacro } from './store.ts'
import { macros } from './table.ts'

/** The ticket stands in the body: it is a reference that leads nowhere. */
function asReference(error: unknown): never {
  throw error instanceof Problem && error.code === 'ticket_not_found' ? noTicket() : error
}

const noTicket = () => invalid('/ticketId', 'not_found', 'is no ticket')

/**
 * A macro's reply and actions on a ticket, by the one who applies it: all of it, or nothing and why. An action of rules too, but not of
 * macros: none can run another, or itself.
 */
export const applyMacro = defineCommand({
  name: 'applyMacro',
  group: 'tickets',
  input: ApplyMacro,

  async subject({ tx }, { key, ticketId }) {
    const [macro, locked] = await Promise.all([lockMacro(tx, key), lockTicket(tx, ticketId).catch(asReference)])
    return { ...locked, macro }
  },

  refuse(actor, { ticket }) {
    if (!isAgent(actor)) return 'forbidden'
    if (!seesTicket(actor, ticket)) return noTicket()
    return refuseGone(actor, ticket)
  },

  ruleAction: { input: Closed({ key: ApplyMacro.properties.key }) },

  async handle({ update, run, notes, actor }, { key }, { macro, ticket }): Promise<MacroApplied> {
    const reply = macro.template === null ? [] : [{ action: 'postReply', template: macro.template }]
    const done: string[] = []
    // what a person's macro says of the status stands against rules, as it does in a reply with a status
    if (actor.kind === 'person' && setsStatus(macro.actions)) notes.add(statusGivenOn(ticket.id))
    update(macros, macro, { useCount: macro.useCount + 1 })
    for (const action of [...reply, ...macro.actions]) {
      const { command, input } = callOf(macroActions, action, ticket.id)
      await run(command, input, { ticketId: ticket.id })
      done.push(action.action)
    }
    return { key, ticketId: ticket.id, done }
  },
})
