import { isStaff } from '../../kernel/actor.ts'
import type { Condition, Fields } from '../../kernel/condition/language.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { questionOf } from '../../kernel/condition/question.ts'
import { defineQuery, type QueryContext } from '../../kernel/desk.ts'
import { allOf, type Term } from '../../kernel/filter.ts'
import { type Page, wrongParameter } from '../../kernel/page.ts'
import { type Fault, Problem } from '../../kernel/problems.ts'
import { requesterFieldsOf, type TicketFacts, ticketFields } from '../tickets/conditions.ts'
import { readTickets } from '../tickets/queries.ts'
import { reachTerms } from '../tickets/reach.ts'
import type { Ticket } from '../tickets/schema.ts'
import { standingFor, standingTerm } from '../tickets/standing.ts'
import { vocabulary } from '../types/store.ts'
import { areFew, bestMessages, holding, holdingFew, isByRelevance, notHolding, relevancePage } from './relevance.ts'
import { type Found, SearchTickets } from './schema.ts'
import { type Said, snippets } from './snippets.ts'
import { type Asked, namesFields, readQuery } from './syntax.ts'
import { soughtBy } from './words.ts'

/**
 * Tickets by a condition, a query, or both. Words are looked for in messages, subjects and requesters; where they are, the best come
 * first. What an actor may not see is not looked through: requesters ask of their own tickets, by fields and messages that they read.
 */
export const searchTickets = defineQuery({
  name: 'searchTickets',
  group: 'tickets',
  input: SearchTickets,
  refuse: () => undefined,

  async read(context, input): Promise<Page<Found>> {
    const { condition, words, without } = await readSearch(context, input)
    const staff = isStaff(context.actor)
    const terms = await termsBeside(context, { condition, without })
    const name = JSON.stringify(['search', condition, words, without])
    const asked = { name, condition }
    if (!words.length) return unmatched(await listed(context, input, asked, terms))

    const { after, before, sort, includeTotal } = input
    const cursor = after ?? before
    if (after !== undefined && before !== undefined) throw wrongParameter('before', 'cannot be combined with after')
    const sought = soughtBy(words)
    const byRelevance = sort === undefined && (cursor === undefined || isByRelevance(cursor))
    const ranked = byRelevance ? await relevancePage(context, input, { sought, terms, name, condition }) : undefined
    if (ranked) {
      const { best, ...page } = ranked
      const found = [...terms, holdingFew(sought, staff)]
      const { total, totalIsCapped } = includeTotal
        ? await listed(context, { limit: 1, includeTotal }, asked, found)
        : { total: undefined, totalIsCapped: undefined }
      const counted = total === undefined ? {} : { total, totalIsCapped: totalIsCapped ?? false }
      return withMatches({ ...page, ...counted }, words, best)
    }
    const few = await areFew(context, sought, staff)
    const held = few ? holdingFew(sought, staff) : holding(sought, staff)
    const page = await listed(context, input, asked, [...terms, held])
    const ids = page.data.map(({ id }) => id)
    return withMatches(page, words, await bestMessages(context, ids, sought))
  },
})

const NO_FIELDS: Fields<TicketFacts> = new Map()

type Asking = Pick<QueryContext, 'actor' | 'cached' | 'now'>

/** What is asked beside the words that are looked for. */
async function termsBeside(context: Asking, { condition, without }: Omit<Asked, 'words'>): Promise<Term[]> {
  const question = questionOf(condition, await fieldsFor(context, asksAnything(condition)))
  const asking = { me: context.actor.id, now: context.now }
  return [
    { ...question, values: question.values(asking) },
    ...without.map((each) => notHolding(soughtBy([each]), isStaff(context.actor))),
  ]
}

/** A search as a term, for those who do something with what it finds: no order, no snippets. */
export async function searchTerm(context: Asking, input: Pick<SearchTickets, 'condition' | 'query'>): Promise<Term> {
  const { condition, words, without } = await readSearch(context, input)
  const terms = await termsBeside(context, { condition, without })
  const ordinary = standingTerm(standingFor(condition))
  return allOf([
    ...terms,
    ...reachTerms(context.actor),
    ...(words.length ? [holdingFew(soughtBy(words), isStaff(context.actor))] : []),
    ...(ordinary ? [{ shape: 'standing', values: [], condition: () => ordinary }] : []),
  ])
}

const asksAnything = (condition: Condition): boolean => !('all' in condition && condition.all.length === 0)

/** What may be asked of, which the desk's configuration says; nothing has to be known where only words are looked for. */
async function fieldsFor({ actor, cached }: Asking, isAsked: boolean): Promise<Fields<TicketFacts>> {
  if (!isAsked) return NO_FIELDS
  const words = await cached(vocabulary)
  return isStaff(actor) ? ticketFields(words) : requesterFieldsOf(words)
}

/** Condition and query as one, or every fault of both. */
async function readSearch(context: Asking, { condition, query }: SearchTickets): Promise<Asked> {
  const fields = await fieldsFor(context, condition !== undefined || (query !== undefined && namesFields(query)))
  const faults: Fault[] = []
  const given =
    condition === undefined ? undefined : readCondition(condition, fields, { at: '/condition', use: 'list' })
  const asked = query === undefined ? undefined : readQuery(query, fields, '/query')
  faults.push(...(given?.faults ?? []), ...(asked?.faults ?? []))
  if (faults.length)
    throw new Problem('invalid_input', {
      detail: faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '),
      errors: faults,
    })
  const all = [given?.condition, asked?.asked?.condition].filter((each) => each !== undefined)
  return {
    condition: { all: all.filter(asksAnything) },
    words: asked?.asked?.words ?? [],
    without: asked?.asked?.without ?? [],
  }
}

/** In the order of a list. */
function listed(
  context: QueryContext,
  { limit, after, before, sort, includeTotal }: SearchTickets,
  asked: { name: string; condition: Condition },
  terms: readonly Term[],
): Promise<Page<Ticket>> {
  const page = {
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(sort === undefined ? {} : { sort }),
    ...(includeTotal === undefined ? {} : { includeTotal }),
  }
  return readTickets(context, page, { ...asked, term: allOf(terms) })
}

/** Where nothing was looked for in texts, nothing was found there. */
const unmatched = ({ data, ...page }: Page<Ticket>): Page<Found> => ({
  ...page,
  data: data.map((ticket) => ({ ticket, match: null })),
})

/** Adds to each ticket where the words were found. */
function withMatches(
  { data, ...page }: Page<Ticket>,
  words: readonly string[],
  best: ReadonlyMap<string, Said>,
): Page<Found> {
  const found = snippets(best, words)
  return { ...page, data: data.map((ticket) => ({ ticket, match: found.get(ticket.id) ?? null })) }
}
