import { type Actor, hasScope, isAgent, permits } from '../../kernel/actor.ts'
import type { CommandContext } from '../../kernel/context.ts'
import { invalidInput, Problem } from '../../kernel/problems.ts'
import { actionFaults, callOf } from '../rules/actions.ts'
import { ruleActions } from '../rules/catalogue.ts'
import type { Named } from '../rules/named.ts'
import type { Action } from '../rules/schema.ts'
import type { BulkResult } from './schema.ts'

/** Why not at all: what each ticket allows is seen when it is its turn. A key may do no more by many tickets than by one. */
export function refuseActions(
  actor: Actor,
  actions: readonly Action[],
  named: Named,
): Problem | 'forbidden' | undefined {
  if (!isAgent(actor)) return 'forbidden'
  const errors = actionFaults(ruleActions, actions, named, '/actions')
  if (errors.length) return invalidInput(errors)
  const calls = actions.flatMap(({ action }) => ruleActions.get(action) ?? [])
  if (!calls.every((command) => permits(actor, command))) return 'forbidden'
  const missing = actions.find(({ action }) => {
    const command = ruleActions.get(action)
    return command && !hasScope(actor, command.group, 'write', command.name)
  })
  return missing && new Problem('missing_scope', { detail: `It takes the scope ${missing.action}.` })
}

interface Target {
  /** As it was given. */
  ref: string
  id: string | undefined
}

/**
 * The actions on each ticket, in the order of their ids so that two such changes never wait for each other in a ring. What fails on one
 * is undone on that one; the answers are in the order given.
 */
export async function changeEach(
  context: CommandContext,
  targets: readonly Target[],
  actions: readonly Action[],
): Promise<BulkResult[]> {
  const problems = new Map<string, Problem | undefined>()
  for (const id of [...new Set(targets.flatMap((target) => target.id ?? []))].sort()) {
    const problem = await context.attempt(async (own) => {
      for (const action of actions) {
        const { command, input } = callOf(ruleActions, action, id)
        await own.run(command, input)
      }
    })
    problems.set(id, problem)
  }
  return targets.map(({ ref, id }) => {
    const problem = id === undefined ? new Problem('ticket_not_found') : problems.get(id)
    return problem ? failed(ref, problem) : { ticketId: ref, done: true, code: null, detail: null }
  })
}

const DETAIL_LENGTH_MAX = 500

const failed = (ticketId: string, problem: Problem): BulkResult => ({
  ticketId,
  done: false,
  code: problem.code,
  detail: problem.message.slice(0, DETAIL_LENGTH_MAX),
})
