import { isDeepStrictEqual } from 'node:util'
import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { readCondition } from '../../kernel/condition/parse.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { nearest } from '../../kernel/nearest.ts'
import { type Fault, invalidInput, Problem } from '../../kernel/problems.ts'
import { FIELDS } from '../fields/policy.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { type Vocabulary, vocabulary } from '../types/store.ts'
import { deadEnds, workflowOf } from './decide.ts'
import { guardFields } from './guards.ts'
import { SetWorkflow, type Transition, type TransitionInput, type Workflow } from './schema.ts'
import { workflows } from './table.ts'

/**
 * The whole workflow of a type: its statuses in their order, and the ways between them. Saved only where every status can reach a closed
 * one, whatever roles, requirements and guards say on the way. Tickets stay where they are.
 */
export const setWorkflow = defineCommand({
  name: 'setWorkflow',
  group: 'vocabularies',
  input: SetWorkflow,

  async subject({ tx }, { key }) {
    await lockConfiguration(tx)
    const words = await vocabulary.load(tx)
    if (!words.types.has(key)) throw new Problem('type_not_found')
    return { tx, words }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(context, { key, expectedVersion, ...input }, { tx, words }): Promise<Workflow> {
    const former = workflowOf(words, key)
    const { transitions = [], statuses, statusMapping = [] } = input
    const mapping = statusMapping.map(({ from, to }) => ({ to, from }))
    const wanted = { statuses, transitions: transitions.map(whole), statusMapping: mapping }
    await refuseStale(tx, { id: key, version: former.version }, expectedVersion, Object.keys(wanted))
    const faults = workflowFaults(words, key, wanted)
    if (faults.length) throw invalidInput(faults)
    const row = words.workflows.get(key)
    const changes = changesBetween<Pick<Workflow, keyof typeof wanted>>(former, wanted)
    // conditions come with their members in any order
    if (row && Object.keys(changes).every((name) => isDeepStrictEqual(changes[name]?.from, changes[name]?.to)))
      return row
    const { now } = context
    const saved = { type: key, ...wanted, version: former.version + 1, updatedAt: now }
    if (row) context.update(workflows, { ...row }, saved)
    else context.insert(workflows, { ...saved, createdAt: now })
    await bumpVocabulary(context)
    const object = { type: 'workflow', id: key, version: saved.version }
    context.emit({ type: 'workflow.changed', object, changes, data: { type: key } })
    return saved
  },
})

/** A way in full, its members in the order in which jsonb keeps them: what is the same reads the same. */
const whole = ({ from = null, to, roles = [], requires = {}, guard = null }: TransitionInput): Transition => ({
  to,
  from,
  guard,
  roles,
  requires: { fields: requires.fields ?? [], message: requires.message ?? 'none', time: requires.time ?? false },
})

type Wanted = Pick<Workflow, 'statuses' | 'transitions' | 'statusMapping'>

function workflowFaults(words: Vocabulary, type: string, { statuses, transitions, statusMapping }: Wanted): Fault[] {
  const { defaultStatus } = words.types.get(type) ?? { defaultStatus: '' }
  const known = [...words.statuses.keys()]
  const unknown = statuses.flatMap((key, n) => (known.includes(key) ? [] : [noneOf(`/statuses/${n}`, key, known)]))
  const faults = [
    ...unknown,
    ...transitions.flatMap((transition, n) => transitionFaults(words, statuses, transition, `/transitions/${n}`)),
    ...statusMapping.flatMap(({ to }, n) =>
      statuses.includes(to) ? [] : [noneOf(`/statusMapping/${n}/to`, to, statuses)],
    ),
  ]
  if (!statuses.includes(defaultStatus)) {
    const detail = `has to hold ${defaultStatus}, with which its tickets begin`
    faults.push({ pointer: '/statuses', code: 'missing', detail })
  }
  // a way that leads nowhere is told before the dead end that it makes
  if (faults.length) return faults
  const lost = deadEnds({ statuses, transitions }, words.statuses)
  const detail = `no closed status can be reached from ${lost.join(', ')}`
  return lost.length ? [{ pointer: '/transitions', code: 'dead_end', detail }] : []
}

function transitionFaults(
  words: Vocabulary,
  statuses: readonly string[],
  { from, to, requires, guard }: Transition,
  at: string,
): Fault[] {
  return [
    ...(from ?? []).flatMap((key, n) => (statuses.includes(key) ? [] : [noneOf(`${at}/from/${n}`, key, statuses)])),
    ...(statuses.includes(to) ? [] : [noneOf(`${at}/to`, to, statuses)]),
    ...requires.fields.flatMap((field, n) => fieldFaults(words, field, `${at}/requires/fields/${n}`)),
    ...(guard ? readCondition(guard, guardFields(words), { at: `${at}/guard` }).faults : []),
  ]
}

/** Fields of every desk that can be empty. */
const FILLABLE: readonly string[] = [
  'assigneeId',
  'teamId',
  'category',
  'project',
  'tags',
  'organizationId',
  'parentId',
  'dueAt',
  'estimatedResolutionAt',
  'firstRepliedAt',
]

function fieldFaults({ fields }: Vocabulary, field: string, pointer: string): Fault[] {
  const known = [...FILLABLE, ...[...fields.values()].filter(({ retired }) => !retired).map(({ key }) => FIELDS + key)]
  return known.includes(field) ? [] : [noneOf(pointer, field, known)]
}

function noneOf(pointer: string, key: string, known: readonly string[]): Fault {
  const didYouMean = nearest(key, known)
  const detail = `${key} is none of ${known.slice(0, 20).join(', ')}`
  return { pointer, code: 'not_found', detail, ...(didYouMean ? { didYouMean } : {}) }
}
