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
import { assignTicket } from '../tickets/assign-ticket.ts'
import { changeTicket } from '../tickets/change-ticket.ts'
import type { Vocabulary } from '../types/store.ts'
import type { Action } from './schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: commands of any input; each checks its own
type AnyCommand = Command<TSchema, any, unknown>

/** What rules can do: the commands that say so. */
const commands = [
  acknowledgeTicket,
  changeTicket,
  assignTicket,
  postReply,
  postNote,
  addFollower,
  notifyPerson,
] as unknown as readonly AnyCommand[] // their inputs differ
const byName = new Map(commands.map((command) => [command.name, command]))

/** The command of an action, and its input on a ticket. */
export function callOf({ action, ...input }: Action, ticketId: string): { command: AnyCommand; input: object } {
  const command = byName.get(action)
  if (!command) throw new Error(`rules have no action ${action}`)
  return { command, input: { ...input, ticketId } }
}

/** Each action by its name, and what its author gives: for editors. */
export const actionSchemas = (): { action: string; input: Record<string, unknown> }[] =>
  commands.flatMap(({ name, ruleAction }) =>
    ruleAction
      ? [{ action: name, input: JSON.parse(JSON.stringify(ruleAction.input)) as Record<string, unknown> }]
      : [],
  )

/** What is wrong with the actions of a rule, each fault at its place: `/then/0/status`. */
export function actionFaults(actions: readonly Action[], words: Vocabulary): (Fault & { didYouMean?: string })[] {
  return actions.flatMap(({ action, ...input }, n) => {
    const at = `/then/${n}`
    const schema = byName.get(action)?.ruleAction?.input
    if (!schema) {
      const meant = nearest(action, [...byName.keys()])
      const known = [...byName.keys()].join(', ')
      const detail = `${action} is none of ${known}`
      return [{ pointer: `${at}/action`, code: 'not_found', detail, ...(meant ? { didYouMean: meant } : {}) }]
    }
    return [...inputFaults(schema, input, at), ...wordFaults(input, words, at), ...valueFaults(input, words, at)]
  })
}

function inputFaults(schema: TSchema, input: object, at: string): Fault[] {
  try {
    check(schema, input)
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return (error.extras.errors ?? []).map((fault) => ({ ...fault, pointer: at + fault.pointer }))
  }
}

/** Custom fields that are not there, or values that they do not take; of which type the ticket is, is not known yet. */
function valueFaults({ fields }: Record<string, unknown>, words: Vocabulary, at: string): Fault[] {
  if (typeof fields !== 'object' || fields === null) return []
  const given = { actor: { kind: 'rule', id: 'any' } as const, definitions: words.fields, type: undefined }
  return readValues(given, fields as Record<string, unknown>, at).faults
}

/** Keys of vocabularies that nobody has: a rule that can only fail is not saved. */
function wordFaults(input: Record<string, unknown>, words: Vocabulary, at: string): Fault[] {
  const known = { status: words.statuses, priority: words.priorities, type: words.types }
  return Object.entries(known).flatMap(([member, keys]) => {
    const value = input[member]
    if (typeof value !== 'string' || keys.has(value)) return []
    return [
      { pointer: `${at}/${member}`, code: 'not_found', detail: `${value} is none of ${[...keys.keys()].join(', ')}` },
    ]
  })
}
