import { createHash } from 'node:crypto'
import type { Role } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { invalid } from '../../kernel/problems.ts'
import { endThese, lockSessionsOf } from '../login/store.ts'
import { countMoved, MOVED_MAX, moveAll } from './merging.ts'
import { refusePersonWork, seesPerson } from './policy.ts'
import { MergePerson, type Person } from './schema.ts'
import { EMAILS_MAX, lockPeople } from './store.ts'
import { people } from './table.ts'

const RANKS: Record<Role, number> = { requester: 0, light_agent: 1, agent: 2, admin: 3 }

/**
 * Two records of one person become one: addresses, tickets, messages and all that refers to the first are the other's, whose role
 * stays. Keys, sessions and password of the first end; its id goes on naming the other. It is not undone.
 */
export const mergePerson = defineCommand({
  name: 'mergePerson',
  group: 'people',
  input: MergePerson,

  async subject({ tx, now }, { personId, into }) {
    const { person, other } = await lockPeople(tx, personId, into)
    const [open, moved] = [await lockSessionsOf(tx, personId, now), await countMoved(tx, personId)]
    return { person, other, open, moved }
  },

  refuse(actor, { person, other, moved }) {
    if (!seesPerson(actor, person)) return 'person_not_found'
    const refusal = refusePersonWork(actor, [person.role, other?.role])
    if (refusal) return refusal
    if (!other) return invalid('/into', 'not_found', 'is no person')
    if (other.id === person.id) return invalid('/into', 'same', 'is the same person')
    if (person.mergedIntoId || person.erasedAt || other.disabledAt) return 'person_inactive'
    if (RANKS[person.actsAs] > RANKS[other.actsAs])
      return invalid('/into', 'lesser_role', 'has fewer rights; merge the other way round')
    if (person.emails.length + other.emails.length > EMAILS_MAX)
      return invalid('/into', 'too_many', `would have more than ${EMAILS_MAX} addresses`)
    return moved > MOVED_MAX ? 'merge_too_large' : undefined
  },

  async handle(context, _input, { person, other, open }): Promise<Person> {
    if (!other) throw new Error('without the other one it is refused')
    const { update, emit, now } = context
    await moveAll(context, { from: person.id, into: other.id })
    endThese(context, open, 'merged')
    const emails = [...other.emails, ...person.emails]
    const changes = changesBetween(other, { emails })
    update(people, person, {
      email: `${createHash('sha256').update(person.id).digest('hex').slice(0, 16)}@merged.invalid`,
      emails: [],
      supportTeam: false,
      disabledAt: person.disabledAt ?? now,
      mergedIntoId: other.id,
      version: person.version + 1,
      updatedAt: now,
    })
    update(people, other, { emails, version: other.version + 1, updatedAt: now })
    emit({
      type: 'person.merged',
      object: { type: 'person', id: other.id, version: other.version },
      changes,
      data: { personId: person.id },
    })
    return other
  },
})
