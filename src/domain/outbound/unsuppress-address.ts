import { isAgent } from '../../kernel/actor.ts'
import { normaliseAddress } from '../../kernel/address.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { UnsuppressAddress } from './schema.ts'
import { findSuppression } from './store.ts'
import { suppressedAddresses } from './table.ts'

/** The address may be written to again. What was not sent meanwhile stays in the ledger, and is sent by resend. */
export const unsuppressAddress = defineCommand({
  name: 'unsuppressAddress',
  group: 'mail',
  input: UnsuppressAddress,
  subject: ({ tx }, { address }) => findSuppression(tx, normaliseAddress(address) ?? address),

  refuse(actor, suppression) {
    if (!isAgent(actor)) return 'forbidden'
    return suppression ? undefined : 'suppression_not_found'
  },

  handle({ remove, emit }, { address }, suppression) {
    if (!suppression) return { id: address }
    remove(suppressedAddresses, suppression)
    emit({
      type: 'address.unsuppressed',
      object: { type: 'suppressedAddress', id: suppression.address, version: null },
      data: { address: suppression.address },
    })
    return { id: suppression.address }
  },
})
