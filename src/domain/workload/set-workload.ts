import { isAdmin } from '../../kernel/actor.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { lockPerson } from '../people/store.ts'
import { SetWorkload, type Workload } from './schema.ts'
import { findWorkload, lockWorkload } from './store.ts'
import { workloads } from './table.ts'

/** How much strategies give to somebody of the support team. For admins: nobody chooses their own share. */
export const setWorkload = defineCommand({
  name: 'setWorkload',
  group: 'people',
  input: SetWorkload,

  async subject({ tx, now }, { personId }) {
    const person = await lockPerson(tx, personId)
    const [row, workload] = await Promise.all([lockWorkload(tx, personId), findWorkload(tx, personId, now)])
    return { person, row, workload, tx }
  },

  refuse(actor, { workload }) {
    if (!isAdmin(actor)) return 'forbidden'
    return workload ? undefined : 'not_assignable'
  },

  async handle({ insert, update, emit, now }, { personId, expectedVersion, ...wanted }, found): Promise<Workload> {
    const { row, workload, tx } = found
    if (!workload) throw new Error('somebody outside of the support team is refused')
    await refuseStale(tx, { id: personId, version: workload.version }, expectedVersion, Object.keys(wanted))
    const { capacity, weight } = workload
    const changes = changesBetween({ capacity, weight }, wanted)
    if (!Object.keys(changes).length) return workload
    const next = { capacity, weight, ...wanted, version: workload.version + 1, updatedAt: now }
    if (row) update(workloads, row, next)
    else insert(workloads, { personId, ...next })
    emit({
      type: 'workload.changed',
      object: { type: 'workload', id: personId, version: next.version },
      changes,
      data: { personId },
    })
    return { ...workload, capacity: next.capacity, weight: next.weight, version: next.version }
  },
})
