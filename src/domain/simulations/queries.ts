import { and, eq } from 'drizzle-orm'
import { build, prepare, rowOf } from '../../db/statement.ts'
import { defineQuery } from '../../kernel/desk.ts'
import { type List, PageInput, readPage } from '../../kernel/page.ts'
import { Problem } from '../../kernel/problems.ts'
import { Closed } from '../../kernel/schema.ts'
import { refuseUnlimited } from '../people/policy.ts'
import { RuleKey } from '../rules/schema.ts'
import { type RuleSimulation, SimulationAct, simulationStates } from './schema.ts'
import { ruleSimulations } from './table.ts'

const { step: _s, cursor: _c, ...shown } = rowOf(ruleSimulations)

const byId = prepare<{ key: string; id: string }>()(($) =>
  build
    .select(shown)
    .from(ruleSimulations)
    .where(and(eq(ruleSimulations.id, $.id), eq(ruleSimulations.ruleKey, $.key))),
)

/** How far a simulation is, and what it has found. */
export const ruleSimulation = defineQuery({
  name: 'ruleSimulation',
  group: 'rules',
  input: SimulationAct,
  refuse: (actor) => refuseUnlimited(actor),

  async read({ db }, { key, simulationId }): Promise<RuleSimulation> {
    const [row] = (await db.query(byId.bind({ key, id: simulationId }))).rows
    if (!row) throw new Problem('simulation_not_found')
    return row as RuleSimulation // the row is the resource
  },
})

const list: List<RuleSimulation> = {
  name: 'rule_simulations',
  columns: shown,
  from: ruleSimulations,
  id: ruleSimulations.id,
  filters: {
    ruleKey: { column: ruleSimulations.ruleKey, kind: 'text' },
    state: { column: ruleSimulations.state, kind: 'text', literals: simulationStates },
  },
  sorts: { createdAt: { column: ruleSimulations.id, property: 'id' } },
  defaultSort: '-createdAt',
}
const { ruleKey: _, ...simulationFilters } = list.filters
/** What may be asked of the simulations of one rule. */
export const ruleSimulationList: Pick<List<RuleSimulation>, 'filters' | 'sorts' | 'defaultSort'> = {
  ...list,
  filters: simulationFilters,
}

/** The simulations of a rule, saved or not. */
export const ruleSimulationsQuery = defineQuery({
  name: 'ruleSimulations',
  group: 'rules',
  input: Closed({ key: RuleKey, page: PageInput }),
  refuse: (actor) => refuseUnlimited(actor),

  read(context, { key, page }) {
    const ofRule = { field: 'ruleKey', op: 'is' as const, values: [key] }
    return readPage(list, context, { ...page, filters: [...(page.filters ?? []), ofRule] })
  },
})
