import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addAbsence } from '../domain/workload/add-absence.ts'
import { absencesQuery, workload } from '../domain/workload/queries.ts'
import { removeAbsence } from '../domain/workload/remove-absence.ts'
import { Absence, Workload } from '../domain/workload/schema.ts'
import { setWorkload } from '../domain/workload/set-workload.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'People'
const url = '/people/:personId'
const problems = ['person_not_found'] as const

/** How much strategies give to whom. */
export function workloadRoutes(app: FastifyInstance): void {
  for (const schema of [Workload, Absence]) app.addSchema(schema)
  queryRoute(app, {
    url: `${url}/workload`,
    query: workload,
    response: Type.Ref('Workload'),
    tag,
    summary: 'How much somebody of the support team has, and is given',
    problems,
  })
  commandRoute(app, {
    method: 'PATCH',
    url: `${url}/workload`,
    command: setWorkload,
    status: 200,
    response: Type.Ref('Workload'),
    tag,
    summary: 'Say how much somebody is given',
    problems: [...problems, 'not_assignable'],
  })
  wholeListRoute(app, {
    url: `${url}/absences`,
    query: absencesQuery,
    response: Type.Ref('Absence'),
    tag,
    summary: 'When somebody is away, the latest first',
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/absences`,
    command: addAbsence,
    status: 201,
    response: Type.Ref('Absence'),
    location: ({ personId }) => `/v1/people/${personId}/absences`,
    tag,
    summary: 'Say when somebody is away, and who stands in',
    problems: [...problems, 'not_assignable'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `${url}/absences/:absenceId`,
    command: removeAbsence,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Somebody is not away after all',
    problems: [...problems, 'absence_not_found'],
  })
}
