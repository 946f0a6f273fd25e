import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { isDate } from '../../kernel/instant.ts'
import { type Fault, invalid, invalidInput } from '../../kernel/problems.ts'
import { isZone } from '../calendars/zones.ts'
import { holdOrganization } from '../organizations/store.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { readTerms } from './conditions.ts'
import { beginningOf, dateIn, periodAt } from './periods.ts'
import { contractFaults, endFaults } from './policy.ts'
import { AddContract, type Contract } from './schema.ts'
import { type ContractRow, countOwned, holdPerson, OWN_MAX, shownContract, turn } from './store.ts'
import { contracts } from './table.ts'

/** A contract of a requester or of an organization. Its first period is granted at once, or on its first day. For admins. */
export const addContract = defineCommand({
  name: 'addContract',
  group: 'contracts',
  input: AddContract,

  async subject({ tx, cached }, { requesterId = null, organizationId = null }) {
    const isThere =
      requesterId === null
        ? organizationId !== null && (await holdOrganization(tx, organizationId))
        : await holdPerson(tx, requesterId)
    return { isThere, owned: await countOwned(tx, { requesterId, organizationId }), words: await cached(vocabulary) }
  },

  refuse: (actor) => refuseAdminWork(actor),

  handle(context, { requesterId = null, organizationId = null, ...input }, { isThere, owned, words }): Contract {
    const { insert, emit, now } = context
    const owner = requesterId === null ? '/organizationId' : '/requesterId'
    if ((requesterId === null) === (organizationId === null))
      throw invalid(owner, 'one_of', 'give either requesterId or organizationId')
    if (!isThere) throw invalid(owner, 'not_found', 'is nobody who could have a contract')
    if (owned >= OWN_MAX) throw invalid(owner, 'too_many', `has ${OWN_MAX} contracts already`)
    const dates = dateFaults(input, now)
    if (dates.length) throw invalidInput(dates)
    const { terms, faults } = readTerms(words, input.terms ?? [])
    const today = dateIn(input.timeZone, now)
    const contract: ContractRow = {
      note: null,
      endsOn: null,
      drawdown: 'entry',
      carryOverMax: 0,
      pointsPerHour: null,
      unitsPerTicket: null,
      roundToSeconds: 1,
      overage: 'block',
      overageLimit: null,
      thresholds: [],
      ...input,
      requesterId,
      organizationId,
      terms,
      id: newId('con'),
      balance: 0,
      sequence: 0,
      periodOn: null,
      granted: 0,
      reached: [],
      turnsAt: null,
      endedAt: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    contract.turnsAt = beginningOf(input.timeZone, periodAt(contract, today))
    const wrong = [...faults, ...contractFaults(contract)]
    if (wrong.length) throw invalidInput(wrong)
    insert(contracts, contract)
    turn(context, contract)
    emit({ type: 'contract.added', object: { type: 'contract', id: contract.id, version: 1 }, data: {} })
    return shownContract(contract, now)
  },
})

function dateFaults({ timeZone, startsOn, endsOn = null }: AddContract, now: string): Fault[] {
  if (!isZone(timeZone)) return [{ pointer: '/timeZone', code: 'not_found', detail: 'is no zone that is known here' }]
  if (!isDate(startsOn)) return [{ pointer: '/startsOn', code: 'date', detail: 'is no day of the calendar' }]
  return endFaults({ timeZone, startsOn }, endsOn, now)
}
