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
import { transitionsByTicket, transitionsQuery, workflowQuery } from '../domain/workflows/queries.ts'
import { setWorkflow } from '../domain/workflows/set-workflow.ts'
import type { Query } from '../kernel/desk.ts'
import type { NoInput } from '../kernel/schema.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Key = { key: string }

const all =
  <R>(query: Query<typeof NoInput, R>) =>
  (_root: unknown, _args: object, { desk }: Context) =>
    desk.read(query, {})

const one =
  (query: typeof typeQuery) =>
  (_root: unknown, { key }: Key, { desk }: Context) =>
    orNull(desk.read(query, { key }))

export const wordResolvers = {
  Query: {
    types: all(types),
    statuses: all(statuses),
    priorities: all(priorities),
    categories: all(categories),
    projects: all(projects),
    type: one(typeQuery),
    status: one(statusQuery),
    priority: one(priorityQuery),
    category: one(categoryQuery),
    project: one(projectQuery),
    workflow: (_root: unknown, { key }: Key, { desk }: Context) => orNull(desk.read(workflowQuery, { key })),
    transitions: (_root: unknown, input: { ticketId: string }, { desk }: Context) => desk.read(transitionsQuery, input),
  },
  Mutation: Object.assign(
    {},
    ...[addType, addStatus, addPriority, addCategory, addProject].map(mutation),
    ...[changeType, changeStatus, changePriority, changeCategory, changeProject].map(mutation),
    ...[removeType, removeStatus, removePriority, removeCategory, removeProject].map(mutation),
    mutation(setWorkflow),
  ),
}

/** One query for a whole page of tickets. */
export async function transitionsLoader(asked: { obj: { id: string } }[], { desk }: Context) {
  const offers = await desk.read(transitionsByTicket, { ticketIds: [...new Set(asked.map(({ obj }) => obj.id))] })
  return asked.map(({ obj }) => offers.get(obj.id) ?? [])
}
