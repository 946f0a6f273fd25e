import { type SQL, sql } from 'drizzle-orm'
import type { Condition } from '../../kernel/condition/language.ts'
import type { FilterField, Filters } from '../../kernel/filter.ts'
import { wrongParameter } from '../../kernel/page.ts'
import { tickets } from './table.ts'

// in the words of the partial indices: the planner looks for them
const marks = {
  deleted: { is: sql`${tickets.deletedAt} is not null`, not: sql`${tickets.deletedAt} is null` },
  merged: { is: sql`${tickets.mergedIntoId} is not null`, not: sql`${tickets.mergedIntoId} is null` },
  spam: { is: sql`${tickets.spam}`, not: sql`not ${tickets.spam}` },
}
type Mark = keyof typeof marks
const names: readonly Mark[] = ['deleted', 'merged', 'spam']

/** What lists leave out unless it is asked for, each by its name: without it, nothing else, or both. */
export type Standing = Readonly<Record<Mark, 'without' | 'only' | 'both'>>

const ORDINARY: Standing = { deleted: 'without', merged: 'without', spam: 'without' }

/** What these documents and front ends may offer: they decide what a list holds at all, before it is filtered. */
export const standingFilters: Record<Mark, FilterField> = {
  deleted: { column: sql`(${marks.deleted.is})`, kind: 'boolean' },
  merged: { column: sql`(${marks.merged.is})`, kind: 'boolean' },
  spam: { column: tickets.spam, kind: 'boolean' },
}

const isMark = (field: string): field is Mark => Object.hasOwn(marks, field)
const SAID: Readonly<Record<string, Standing[Mark]>> = {
  true: 'only',
  false: 'without',
  'true,false': 'both',
  'false,true': 'both',
}

/** Takes out of filters what they say of it. Who asks for what is deleted sees it whatever else it is. */
export function standingIn(
  filters: Filters,
  condition: Condition | undefined,
): { standing: Standing; others: Filters } {
  const asked = filters.filter(({ field }) => isMark(field))
  const said = asked.map(({ field, op, values }): [string, Standing[Mark]] => {
    const meant = op === 'is' ? SAID[values.join()] : undefined
    if (!meant) throw wrongParameter(field, 'takes true or false')
    return [field, meant]
  })
  const isOfDeleted = said.some(([field, meant]) => field === 'deleted' && meant !== 'without')
  const unsaid = isOfDeleted ? { ...ORDINARY, merged: 'both', spam: 'both' } : standingFor(condition)
  const standing = { ...unsaid, ...Object.fromEntries(said) } as Standing // its keys are marks
  return { standing, others: filters.filter((filter) => !asked.includes(filter)) }
}

/** The part of a WHERE that leaves it out. */
export function standingTerm(standing: Standing): SQL | undefined {
  const parts = names.flatMap((name) => {
    if (standing[name] === 'both') return []
    return [standing[name] === 'only' ? marks[name].is : marks[name].not]
  })
  return parts.length ? sql.join(parts, sql` and `) : undefined
}

export const standingName = (standing: Standing): string => names.map((name) => standing[name]).join(' ')

/** What a condition holds for: where it speaks of spam, it is asked of spam, too. */
export const standingFor = (condition: Condition | undefined): Standing =>
  condition && namesSpam(condition) ? { ...ORDINARY, spam: 'both' } : ORDINARY

function namesSpam(condition: Condition): boolean {
  if ('field' in condition) return condition.field === 'spam'
  const parts = 'all' in condition ? condition.all : 'any' in condition ? condition.any : condition.none
  return parts.some(namesSpam)
}
