import { randomUUID } from 'node:crypto'
import { isAgent } from '../../kernel/actor.ts'
import { after, MINUTE_MS } from '../../kernel/clock.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { invalid } from '../../kernel/problems.ts'
import { findPerson, findPersonByAddress, insertPerson, NEW_PERSON_CONSTRAINTS, normalised } from '../people/store.ts'
import { MintRequesterToken, type RequesterToken } from './schema.ts'
import { markVerified } from './store.ts'

/** Access tokens live this long. */
const TOKEN_MS = 15 * MINUTE_MS

/**
 * A token with which a portal acts as this requester and nobody else. Minting asserts the address: it counts as
 * verified, and an unknown one becomes a person.
 */
export const mintRequesterToken = defineCommand({
  name: 'mintRequesterToken',
  group: 'access',
  input: MintRequesterToken,
  secretResult: ['accessToken'],
  retryOn: NEW_PERSON_CONSTRAINTS,

  async subject({ tx }, { personId, email }) {
    if (email !== undefined) {
      const address = normalised('/email', email)
      return { address, person: await findPersonByAddress(tx, address) }
    }
    const person = personId === undefined ? undefined : await findPerson(tx, personId)
    return { address: person?.email ?? '', person }
  },

  refuse(actor, { person }, { personId, email }) {
    if (!isAgent(actor)) return 'forbidden'
    if ((personId === undefined) === (email === undefined))
      return invalid('', 'ambiguous', 'give either personId or email')
    if (personId !== undefined && !person) return invalid('/personId', 'not_found', 'is no person')
    if (person && (person.actsAs !== 'requester' || person.disabledAt))
      return invalid(personId ? '/personId' : '/email', 'not_allowed', 'is no requester who may act')
  },

  async handle(context, _input, { person: known, address }): Promise<RequesterToken> {
    const person =
      known ??
      (await insertPerson(context, {
        name: null,
        email: address,
        role: 'requester',
        supportTeam: false,
        verified: true,
      }))
    if (known) await markVerified(context, address)
    const expiresAt = after(context.now, TOKEN_MS)
    const accessToken = context.signToken({
      sub: person.id,
      sid: randomUUID(),
      jti: randomUUID(),
      exp: Math.floor(Date.parse(expiresAt) / 1_000),
      iat: Math.floor(Date.parse(context.now) / 1_000),
    })
    return { accessToken, tokenType: 'Bearer', expiresAt, personId: person.id }
  },
})
