import type { TSchema } from 'typebox'
import { check } from '../../kernel/check.ts'
import type { Command } from '../../kernel/desk.ts'
import { nearest } from '../../kernel/nearest.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import { postNote } from '../conversations/post-note.ts'
import { postReply } from '../conversations/post-reply.ts'
import { readValues } from '../fields/values.ts'
import { addFollower } from '../followers/add-follower.ts'
import { notifyPerson } from '../notifications/notify-person.ts'
import { acknowledgeTicket } from '../outbound/acknowledge-ticket.ts'
import { sendMail } from '../outbound/send-mail.ts'
import { tellPhase } from '../outbound/tell-phase.ts'
import { assignTicket } from '../tickets/assign-ticket.ts'
import { changeTicket } from '../tickets/change-ticket.ts'
import { markAsSpam } from '../tickets/mark-as-spam.ts'
import { snoozeTicket } from '../tickets/snooze-ticket.ts'
import { unmarkAsSpam } from '../tickets/unmark-as-spam.ts'
import type { Named } from './named.ts'
import type { Action } from './schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: commands of any input; each checks its own
export type AnyCommand = Command<TSchema, any, unknown>
/** What can be done by name: commands that say so. */
export type Actions = ReadonlyMap<string, AnyCommand>

export const actionsOf = (commands: readonly unknown[]): Actions =>
  new Map((commands as readonly AnyCommand[]).map((command) => [command.name, command])) // their inputs differ

/** What macros can do. No macro is among it, so none can run another, or itself. */
export const macroActions = actionsOf([
  acknowledgeTicket,
  changeTicket,
  assignTicket,
  postReply,
  postNote,
  addFollower,
  notifyPerson,
  sendMail,
  tellPhase,
  snoozeTicket,
  markAsSpam,
  unmarkAsSpam,
])

/** The command of an action, and its input on a ticket. */
export function callOf(
  actions: Actions,
  { action, ...input }: Action,
  ticketId: string,
): { command: AnyCommand; input: object } {
  const command = actions.get(action)
  if (!command) throw new Error(`there is no action ${action}`)
  return { command, input: { ...input, ticketId } }
}

/** What is wrong with actions, each fault at its place: `/then/0/status`. */
export const actionFaults = (actions: Actions, given: readonly Action[], named: Named, at: string): Fault[] =>
  given.flatMap((action, n) => faultsOf(actions, action, named, `${at}/${n}`))

function faultsOf(actions: Actions, { action, ...input }: Action, named: Named, at: string): Fault[] {
  const rules = actions.get(action)?.ruleAction
  if (!rules) {
    const meant = nearest(action, [...actions.keys()])
    const detail = `${action} is none of ${[...actions.keys()].join(', ')}`
    return [{ pointer: `${at}/action`, code: 'not_found', detail, ...(meant ? { didYouMean: meant } : {}) }]
  }
  const wrong = placed(() => check(rules.input, input), at)
  if (wrong.length) return wrong
  const refused = placed(() => {
    const refusal = rules.refuse?.(input)
    if (refusal) throw refusal
  }, at)
  return [...refused, ...keyFaults(input, named, at), ...valueFaults(input, named, at)]
}

/** The faults of an input that is one of many. */
function placed(attempt: () => void, at: string): Fault[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return (error.extras.errors ?? []).map((fault) => ({ ...fault, pointer: at + fault.pointer }))
  }
}

/** Custom fields that are not there, or values that they do not take; of which type the ticket is, is not known yet. */
function valueFaults({ fields }: Record<string, unknown>, { words }: Named, at: string): Fault[] {
  if (typeof fields !== 'object' || fields === null) return []
  const given = { actor: { kind: 'rule', id: 'any' } as const, definitions: words.fields, type: undefined }
  return readValues(given, fields as Record<string, unknown>, at).faults
}

/** Keys that nobody has, and addresses of our own: a rule that can only fail is not saved. */
function keyFaults(input: Record<string, unknown>, { words, templates, macros, isOurs }: Named, at: string): Fault[] {
  const noneOf = (keys: ReadonlyMap<string, unknown>) => (key: string) =>
    keys.has(key) ? undefined : `${key} is none of ${[...keys.keys()].join(', ')}`
  const known: Record<string, (key: string) => string | undefined> = {
    status: noneOf(words.statuses),
    priority: noneOf(words.priorities),
    category: noneOf(words.categories),
    project: noneOf(words.projects),
    type: noneOf(words.types),
    template: (key) => (templates.has(key) ? undefined : `${key} is no template`),
    key: (key) => (macros.has(key) ? undefined : `${key} is no macro`),
  }
  const missing = Object.entries(known).flatMap(([member, missingIn]): Fault[] => {
    const value = input[member]
    const detail = typeof value === 'string' ? missingIn(value) : undefined
    return detail ? [{ pointer: `${at}/${member}`, code: 'not_found', detail }] : []
  })
  if (typeof input.to !== 'string' || !isOurs(input.to)) return missing
  return [...missing, { pointer: `${at}/to`, code: 'own_address', detail: 'is a mailbox of this desk' }]
}
