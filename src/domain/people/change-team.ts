import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from './policy.ts'
import { ChangeTeam } from './schema.ts'
import { lockTeam, membersFound } from './store.ts'
import { teamMembers, teams } from './table.ts'

/** Changes a team's name, or who is in it: the list given is the list it has afterwards. */
export const changeTeam = defineCommand({
  name: 'changeTeam',
  group: 'teams',
  input: ChangeTeam,

  async subject({ tx }, { teamId, memberIds }) {
    const [locked] = await Promise.all([lockTeam(tx, teamId), membersFound(tx, memberIds ?? [])])
    return { ...locked, tx }
  },

  refuse: (actor) => refuseAdminWork(actor, 'team_not_found'),

  async handle(
    { insert, update, remove, emit, now },
    { teamId, expectedVersion, name, memberIds },
    { team, members, tx },
  ) {
    const wanted = { name: name ?? team.name, memberIds: memberIds ?? members }
    await refuseStale(tx, team, expectedVersion, [
      ...(name === undefined ? [] : ['name']),
      ...(memberIds ? ['memberIds'] : []),
    ])
    const changes = changesBetween(
      { name: team.name, memberIds: [...members].sort() },
      { name: wanted.name, memberIds: [...wanted.memberIds].sort() },
    )
    if (!Object.keys(changes).length) return { ...team, memberIds: members }

    update(teams, team, { name: wanted.name, version: team.version + 1, updatedAt: now })
    for (const personId of members) if (!wanted.memberIds.includes(personId)) remove(teamMembers, { teamId, personId })
    for (const personId of wanted.memberIds) if (!members.includes(personId)) insert(teamMembers, { teamId, personId })
    emit({ type: 'team.changed', object: { type: 'team', id: team.id, version: team.version }, changes, data: {} })
    return { ...team, memberIds: wanted.memberIds }
  },
})
