import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { ABSENCES_MAX, type Absence, type Workload, WorkloadAct } from './schema.ts'
import { absencesOf, findWorkload } from './store.ts'

/** How much somebody of the support team has, and is given. */
export const workload = defineQuery({
  name: 'workload',
  group: 'people',
  input: WorkloadAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ db, now }, { personId }): Promise<Workload> {
    const found = await findWorkload(db, personId, now)
    if (!found) throw new Problem('person_not_found')
    return found
  },
})

/** When somebody is away, the latest first. */
export const absencesQuery = defineQuery({
  name: 'absences',
  group: 'people',
  input: WorkloadAct,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ db }, { personId }): Promise<Absence[]> => absencesOf(db, personId, ABSENCES_MAX),
})
