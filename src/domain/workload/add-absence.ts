import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { instantIn } from '../../kernel/instant.ts'
import { invalid } from '../../kernel/problems.ts'
import { findPerson, lockPerson } from '../people/store.ts'
import { refuseArranging } from './policy.ts'
import { ABSENCES_MAX, type Absence, AddAbsence } from './schema.ts'
import { absencesOf } from './store.ts'
import { absences } from './table.ts'

/** Somebody is away for a time: strategies give them nothing, or what would have been theirs to the one who stands in. */
export const addAbsence = defineCommand({
  name: 'addAbsence',
  group: 'people',
  input: AddAbsence,

  async subject({ tx, now }, { personId, startsAt, endsAt, substituteId }) {
    const period = { startsAt: instantIn('/startsAt', startsAt) ?? now, endsAt: instantIn('/endsAt', endsAt) ?? now }
    const person = await lockPerson(tx, personId)
    const [others, substitute] = await Promise.all([
      absencesOf(tx, personId, ABSENCES_MAX),
      substituteId ? findPerson(tx, substituteId) : undefined,
    ])
    return { person, period, count: others.length, substitute }
  },

  refuse(actor, { person, period, count, substitute }, { personId, substituteId }) {
    const refusal = refuseArranging(actor, personId)
    if (refusal) return refusal
    if (!person.supportTeam) return 'not_assignable'
    if (period.endsAt <= period.startsAt) return invalid('/endsAt', 'range', 'comes before the beginning')
    if (substituteId === personId) return invalid('/substituteId', 'self', 'is the one who is away')
    if (substituteId && (!substitute?.supportTeam || substitute.disabledAt))
      return invalid('/substituteId', 'not_found', 'is nobody who can be given tickets')
    if (count >= ABSENCES_MAX) return invalid('', 'too_many', `a person has at most ${ABSENCES_MAX} absences`)
  },

  handle({ insert, emit, now }, { personId, note = null }, { period, substitute }): Absence {
    const substituteId = substitute?.id ?? null
    const absence: Absence = { id: newId('abs'), personId, ...period, substituteId, note, createdAt: now }
    insert(absences, absence)
    emit({
      type: 'absence.added',
      object: { type: 'absence', id: absence.id, version: null },
      data: { personId, ...period, substituteId },
    })
    return absence
  },
})
