import { normaliseAddress } from '../../kernel/address.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { Problem } from '../../kernel/problems.ts'
import type { PersonRow } from '../people/decide.ts'
import { assignTicket } from '../tickets/assign-ticket.ts'
import { changeTicket } from '../tickets/change-ticket.ts'
import { type Moving, offered } from '../tickets/moving.ts'
import type { LockedTicket } from '../tickets/store.ts'
import { priorityOf, statusOf, type Vocabulary } from '../types/store.ts'
import { workflowOf } from '../workflows/decide.ts'
import type { Command } from './commands.ts'
import type { MailCommand } from './schema.ts'

/** What commands by mail are run on. */
interface Desk {
  locked: LockedTicket
  words: Vocabulary
  /** Who is named by address. */
  named: ReadonlyMap<string, PersonRow>
}

/**
 * Runs what an agent asks for by mail, as that agent and by the commands of the API. Each line on its own: one that is refused changes
 * nothing, and stops no other.
 */
export async function runCommands(
  acting: CommandContext,
  commands: readonly Command[],
  desk: Desk,
): Promise<MailCommand[]> {
  const tried: MailCommand[] = []
  for (const command of commands) {
    const problem = await acting.attempt((attempting) => run(attempting, command, desk))
    const { code = null, message = null } = problem ?? {}
    tried.push({ line: command.line, done: !problem, code, detail: message })
  }
  return tried
}

/** Whether one of them was done that says which status it is to be, the present one perhaps. */
export const givesStatus = (commands: readonly Command[], tried: readonly MailCommand[]): boolean =>
  commands.some(({ name }, n) => (name === 'close' || name === 'status') && tried[n]?.done)

/** Whose addresses are to be looked up. */
export const addressesIn = (commands: readonly Command[]): string[] =>
  commands.flatMap(({ name, argument }) => (name === 'assign' ? (addressIn(argument) ?? []) : []))

async function run(context: CommandContext, command: Command, { locked, words, named }: Desk): Promise<void> {
  const held = context.working(locked.ticket.id) as LockedTicket | undefined // what events of tickets hand on
  const { ticket, requester, organization } = held ?? locked
  const { actor, now } = context
  const wanted = wantedBy(command, { ticket, requester, organization, words, actor, now }, named)
  const on = { ticketId: ticket.id }
  if ('assigneeId' in wanted) await context.run(assignTicket, { ...on, ...wanted }, on)
  else if (Object.keys(wanted).length) await context.run(changeTicket, { ...on, ...wanted }, on)
}

type Wanted = { status?: string; priority?: string } | { assigneeId: string | null }

/** What a line wants of a ticket; that it is a note, it has become by being filed. */
function wantedBy({ name, argument }: Command, moving: Moving, named: Desk['named']): Wanted {
  const { words, ticket, actor } = moving
  switch (name) {
    case 'note':
      return {}
    case 'close':
      refuseArgument(name, argument)
      return ticket.statusCategory === 'closed' ? {} : { status: endOf(moving) }
    case 'status': {
      requireArgument(name, argument)
      const ofWorkflow = workflowOf(words, ticket.type).statuses.flatMap((key) => words.statuses.get(key) ?? [])
      return { status: keyIn(ofWorkflow, argument) ?? statusOf(words, argument).key }
    }
    case 'priority':
      requireArgument(name, argument)
      return { priority: keyIn([...words.priorities.values()], argument) ?? priorityOf(words, argument).key }
    case 'assign':
      requireArgument(name, argument)
      return { assigneeId: /^me$/i.test(argument) ? actor.id : assigneeIn(argument, named) }
    case 'unassign':
      refuseArgument(name, argument)
      return { assigneeId: null }
  }
}

function refuseArgument(name: string, argument: string): void {
  if (argument !== '') throw new Problem('invalid_input', { detail: `#${name} takes nothing behind it` })
}

function requireArgument(name: string, argument: string): void {
  if (argument === '') throw new Problem('invalid_input', { detail: `#${name} takes a word behind it` })
}

/**
 * Where a ticket ends: the first closed status of its workflow to which a way leads from here that the agent's role may take, else the
 * first solved one. What the way asks for beside the role is not gone round: it is refused.
 */
function endOf(moving: Moving): string {
  const { words, ticket } = moving
  const ways = offered(moving).filter(({ missing }) => !missing.some(({ kind }) => kind === 'role'))
  const leading = (category: string) => ways.find(({ statusCategory }) => statusCategory === category)?.status
  const closed = workflowOf(words, ticket.type).statuses.find((key) => words.statuses.get(key)?.category === 'closed')
  return leading('closed') ?? leading('solved') ?? closed ?? 'closed'
}

/** The key of the word that is meant by its key or its name, however it is spaced. */
function keyIn(known: readonly { key: string; name: string }[], meant: string): string | undefined {
  const same = (one: string) => plain(one) === plain(meant)
  return known.find(({ key }) => same(key))?.key ?? known.find(({ name }) => same(name))?.key
}

/** No key and no name is longer. */
const WORD_LENGTH_MAX = 300

const plain = (word: string): string =>
  word
    .slice(0, WORD_LENGTH_MAX)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
    .replace(/[\s_-]+/g, ' ')
    .trim()

function assigneeIn(argument: string, named: Desk['named']): string {
  const address = addressIn(argument)
  if (address === undefined)
    throw new Problem('invalid_input', { detail: '#assign takes me, or the address of an agent' })
  const person = named.get(address)
  if (!person) throw new Problem('person_not_found', { detail: `${address} is nobody's address` })
  return person.id
}

/** Bare, with a name, or with the link that some clients write behind it: `ada@desk.test<mailto:ada@desk.test>`. */
const ONE_ADDRESS = /^(?:[^<>@]{0,100}<)?(?:mailto:)?([^\s<>:]+@[^\s<>]+?)>?(?:\s{0,5}<mailto:[^<>]*>)?$/i

function addressIn(argument: string): string | undefined {
  const [, address = ''] = ONE_ADDRESS.exec(argument.slice(0, 400).replace(/\p{Cf}/gu, '')) ?? []
  return normaliseAddress(address)
}
