import { addAbsence } from '../domain/workload/add-absence.ts'
import { absencesQuery, workload } from '../domain/workload/queries.ts'
import { removeAbsence } from '../domain/workload/remove-absence.ts'
import { setWorkload } from '../domain/workload/set-workload.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type OfPerson = { personId: string }

export const workloadResolvers = {
  Query: {
    workload: (_root: unknown, input: OfPerson, { desk }: Context) => orNull(desk.read(workload, input)),
    absences: (_root: unknown, input: OfPerson, { desk }: Context) => desk.read(absencesQuery, input),
  },
  Mutation: { ...mutation(setWorkload), ...mutation(addAbsence), ...mutation(removeAbsence) },
}
