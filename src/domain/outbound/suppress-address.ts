import { isAgent } from '../../kernel/actor.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { normalised } from '../people/store.ts'
import { SuppressAddress, type SuppressedAddress } from './schema.ts'
import { findSuppression } from './store.ts'
import { suppressedAddresses } from './table.ts'

/** Nothing is sent to this address any more. One that is suppressed already becomes suppressed by hand: for all mail. */
export const suppressAddress = defineCommand({
  name: 'suppressAddress',
  group: 'mail',
  input: SuppressAddress,

  async subject({ tx }, { address }) {
    const known = normalised('/address', address)
    return { address: known, suppression: await findSuppression(tx, known) }
  },

  refuse: (actor) => (isAgent(actor) ? undefined : 'forbidden'),

  handle({ insert, update, emit, actor, now }, input, { address, suppression }): SuppressedAddress {
    const detail = input.detail ?? null
    const createdById = actor.kind === 'person' ? actor.id : null
    const row = { address, reason: 'manual' as const, detail, inboundMailId: null, createdById, createdAt: now }
    if (suppression) update(suppressedAddresses, suppression, row)
    else insert(suppressedAddresses, row)
    emit({
      type: 'address.suppressed',
      object: { type: 'suppressedAddress', id: address, version: null },
      data: { address, reason: 'manual' },
    })
    return row
  },
})
