import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { refuseAdminWork } from './policy.ts'
import { AddTeam } from './schema.ts'
import { membersFound } from './store.ts'
import { teamMembers, teams } from './table.ts'

/** A team of agents. */
export const addTeam = defineCommand({
  name: 'addTeam',
  group: 'teams',
  input: AddTeam,
  subject: ({ tx }, { memberIds = [] }) => membersFound(tx, memberIds),
  refuse: (actor) => refuseAdminWork(actor),

  handle({ insert, emit, now }, { name, memberIds = [] }) {
    const team = { id: newId('tea'), name, version: 1, createdAt: now, updatedAt: now }
    insert(teams, team)
    for (const personId of memberIds) insert(teamMembers, { teamId: team.id, personId })
    emit({ type: 'team.added', object: { type: 'team', id: team.id, version: 1 }, data: { memberIds } })
    return { ...team, memberIds }
  },
})
