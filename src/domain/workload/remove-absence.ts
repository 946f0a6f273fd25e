import { defineCommand } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { refuseArranging } from './policy.ts'
import { AbsenceAct } from './schema.ts'
import { lockAbsence } from './store.ts'
import { absences } from './table.ts'

/** Somebody is not away after all, or is back. */
export const removeAbsence = defineCommand({
  name: 'removeAbsence',
  group: 'people',
  input: AbsenceAct,
  subject: ({ tx }, { personId, absenceId }) => lockAbsence(tx, personId, absenceId),
  refuse: (actor, absence, { personId }) =>
    refuseArranging(actor, personId) ?? (absence ? undefined : 'absence_not_found'),

  handle({ remove, emit }, { personId }, absence) {
    if (!absence) throw new Problem('absence_not_found')
    remove(absences, absence)
    emit({ type: 'absence.removed', object: { type: 'absence', id: absence.id, version: null }, data: { personId } })
    return { id: absence.id }
  },
})
