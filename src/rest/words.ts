import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { addCategory, addPriority, addProject, addStatus, addType } from '../domain/types/add-word.ts'
import { changeCategory, changePriority, changeProject, changeStatus, changeType } from '../domain/types/change-word.ts'
import {
  categories,
  categoryQuery,
  priorities,
  priorityQuery,
  projectQuery,
  projects,
  statuses,
  statusQuery,
  typeQuery,
  types,
} from '../domain/types/queries.ts'
import { removeCategory, removePriority, removeProject, removeStatus, removeType } from '../domain/types/remove-word.ts'
import { wordSchemas } from '../domain/types/schema.ts'
import { commandRoute, queryRoute, wholeListRoute } from './route.ts'

const tag = 'Vocabularies'

/** The routes of a vocabulary, and what its summaries call it. */
const vocabularies = [
  { path: 'types', one: 'a type of ticket', many: 'The types of ticket', schema: 'TicketType', list: types, word: typeQuery, add: addType, change: changeType, remove: removeType, notFound: 'type_not_found' },
  { path: 'statuses', one: 'a status', many: 'The statuses', schema: 'Status', list: statuses, word: statusQuery, add: addStatus, change: changeStatus, remove: removeStatus, notFound: 'status_not_found' },
  { path: 'priorities', one: 'a priority', many: 'The priorities, from low to high', schema: 'Priority', list: priorities, word: priorityQuery, add: addPriority, change: changePriority, remove: removePriority, notFound: 'priority_not_found' },
  { path: 'categories', one: 'a category', many: 'The categories', schema: 'Category', list: categories, word: categoryQuery, add: addCategory, change: changeCategory, remove: removeCategory, notFound: 'category_not_found' },
  { path: 'projects', one: 'a project', many: 'The projects', schema: 'Project', list: projects, word: projectQuery, add: addProject, change: changeProject, remove: removeProject, notFound: 'project_not_found' },
] as const // biome-ignore format: a table

export function wordRoutes(app: FastifyInstance): void {
  for (const schema of Object.values(wordSchemas)) app.addSchema(schema)
  for (const each of vocabularies) routesOf(app, each)
}

function routesOf(app: FastifyInstance, vocabulary: (typeof vocabularies)[number]): void {
  const { path, one, many, schema, notFound } = vocabulary
  const response = Type.Ref(schema)
  const problems = [notFound]
  wholeListRoute(app, {
    url: `/${path}`,
    query: vocabulary.list,
    response,
    tag,
    summary: many,
  })
  queryRoute(app, { url: `/${path}/:key`, query: vocabulary.word, response, tag, summary: `Read ${one}`, problems })
  commandRoute(app, {
    method: 'POST',
    url: `/${path}`,
    command: vocabulary.add,
    status: 201,
    response,
    location: ({ key }) => `/v1/${path}/${key}`,
    tag,
    summary: `Add ${one}`,
    problems: ['key_taken'],
  })
  commandRoute(app, {
    method: 'PATCH',
    url: `/${path}/:key`,
    command: vocabulary.change,
    status: 200,
    response,
    tag,
    summary: `Change ${one}; its key stays`,
    problems,
  })
  commandRoute(app, {
    method: 'DELETE',
    url: `/${path}/:key`,
    command: vocabulary.remove,
    status: 204,
    response: Type.Null(),
    tag,
    summary: `Remove ${one}; what is in use needs replaceWith`,
    problems: [...problems, 'in_use'],
  })
}
