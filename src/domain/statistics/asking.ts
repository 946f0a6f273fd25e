import type { SQL } from 'drizzle-orm'
import { and, sql } from 'drizzle-orm'
import { type Actor, isAgent, reachOf } from '../../kernel/actor.ts'
import type { Condition } from '../../kernel/condition/language.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { questionOf } from '../../kernel/condition/question.ts'
import type { QueryContext } from '../../kernel/desk.ts'
import { instantIn } from '../../kernel/instant.ts'
import type { ProblemCode } from '../../kernel/problems.ts'
import { invalid, invalidInput } from '../../kernel/problems.ts'
import { isZone } from '../calendars/zones.ts'
import { ticketFields } from '../tickets/conditions.ts'
import { standingFor, standingTerm } from '../tickets/standing.ts'
import { vocabulary } from '../types/store.ts'

/** Reports are about all tickets: for agents who see them all. */
export const refuseReports = (actor: Actor): ProblemCode | undefined =>
  isAgent(actor) && reachOf(actor) === 'all' ? undefined : 'forbidden'

/** Which tickets are asked about: a part of a WHERE and its values, `c0`, `c1` and so on. */
export interface Which {
  values: Record<string, unknown>
  where(at: (name: string) => SQL): SQL
}

/** What no list shows is in no figure. invalid_input where the condition is wrong. */
export async function whichTickets({ cached, actor, now }: QueryContext, input: unknown): Promise<Which> {
  const condition = input === undefined ? undefined : await readAsked(cached, input)
  const listed = standingTerm(standingFor(condition)) ?? sql`true`
  if (!condition) return { values: {}, where: () => listed }
  const question = questionOf(condition, ticketFields(await cached(vocabulary)))
  const values = question.values({ me: actor.id, now })
  return {
    values: Object.fromEntries(values.map((value, n) => [`c${n}`, value])),
    where: (at) =>
      and(
        listed,
        question.condition((n) => at(`c${n}`)),
      ) ?? listed,
  }
}

async function readAsked(cached: QueryContext['cached'], input: unknown): Promise<Condition | undefined> {
  const { condition, faults } = readCondition(input, ticketFields(await cached(vocabulary)), {
    at: '/condition',
    use: 'list',
  })
  if (faults.length) throw invalidInput(faults)
  return condition
}

interface Stretch {
  from: string
  to?: string | undefined
  timeZone?: string | undefined
}

/** A stretch of time in the one form, up to now where nothing is said; invalid_input where it is none. */
export function stretchIn({ from: begins, to: ends, timeZone = 'UTC' }: Stretch, now: string) {
  if (!isZone(timeZone)) throw invalid('/timeZone', 'not_found', `${timeZone} is no time zone`)
  const from = instantIn('/from', begins)
  const to = instantIn('/to', ends) ?? now
  if (to <= from) throw invalid('/to', 'range', 'comes before from')
  return { from, to, zone: timeZone }
}
