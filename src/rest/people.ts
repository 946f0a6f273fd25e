import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addPerson } from '../domain/people/add-person.ts'
import { addPersonEmail } from '../domain/people/add-person-email.ts'
import { addTeam } from '../domain/people/add-team.ts'
import { changePerson } from '../domain/people/change-person.ts'
import { changeTeam } from '../domain/people/change-team.ts'
import { mergePerson } from '../domain/people/merge-person.ts'
import { me, peopleList, peopleQuery, person, team, teamsList, teamsQuery } from '../domain/people/queries.ts'
import { removePersonEmail } from '../domain/people/remove-person-email.ts'
import { Person, Team } from '../domain/people/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'People'
const PersonRef = Type.Ref('Person')
const TeamRef = Type.Ref('Team')

export function peopleRoutes(app: FastifyInstance): void {
  app.addSchema(Person)
  app.addSchema(Team)
  queryRoute(app, { url: '/me', query: me, response: PersonRef, tag, summary: 'Who this credential acts as' })
  listRoute(app, {
    url: '/people',
    query: peopleQuery,
    list: peopleList,
    item: PersonRef,
    tag,
    summary: 'People',
    properties: Object.keys(Person.properties),
    read: (desk, page) => desk.read(peopleQuery, page),
  })
  queryRoute(app, {
    url: '/people/:personId',
    query: person,
    response: PersonRef,
    tag,
    summary: 'One person',
    problems: ['person_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/people',
    command: addPerson,
    status: 201,
    response: PersonRef,
    location: ({ id }) => `/v1/people/${id}`,
    tag,
    summary: 'Add a person',
    problems: ['email_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/people/:personId',
    command: changePerson,
    status: 200,
    response: PersonRef,
    tag,
    summary: 'Change a person',
    problems: ['person_not_found', 'last_admin', 'person_inactive'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/people/:personId/emails',
    command: addPersonEmail,
    status: 201,
    response: PersonRef,
    location: ({ id }) => `/v1/people/${id}`,
    tag,
    summary: 'Add an address; mail from it is theirs',
    problems: ['person_not_found', 'email_taken', 'person_inactive'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/people/:personId/emails/:email',
    command: removePersonEmail,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'Remove an address, unless mail goes to it',
    problems: ['person_not_found', 'email_not_found', 'email_is_primary'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/people/:personId/merge',
    command: mergePerson,
    status: 200,
    response: PersonRef,
    tag,
    summary: 'Make two records of one person one; it is not undone',
    problems: ['person_not_found', 'person_inactive', 'merge_too_large'],
  })
  listRoute(app, {
    url: '/teams',
    query: teamsQuery,
    list: teamsList,
    item: TeamRef,
    tag,
    summary: 'Teams',
    properties: Object.keys(Team.properties),
    read: (desk, page) => desk.read(teamsQuery, page),
  })
  queryRoute(app, {
    url: '/teams/:teamId',
    query: team,
    response: TeamRef,
    tag,
    summary: 'One team',
    problems: ['team_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/teams',
    command: addTeam,
    status: 201,
    response: TeamRef,
    location: ({ id }) => `/v1/teams/${id}`,
    tag,
    summary: 'Add a team',
  })
  commandRoute(app, {
    method: 'PATCH',
    url: '/teams/:teamId',
    command: changeTeam,
    status: 200,
    response: TeamRef,
    tag,
    summary: 'Change a team',
    problems: ['team_not_found'],
  })
}
