import { randomUUID } from 'node:crypto'
import { after, DAY_MS, MINUTE_MS } from '../../kernel/clock.ts'
import type { BeforeContext, CommandContext } from '../../kernel/context.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { invalid } from '../../kernel/problems.ts'
import { activePerson } from '../access/store.ts'
import { normalised } from '../people/store.ts'
import { forgive, takeAttempt } from './attempts.ts'
import { isPassword } from './password.ts'
import { newRefreshToken, type Refreshed, refreshed } from './refreshing.ts'
import { type AccessToken, CreateToken } from './schema.ts'
import { type Credential, credentialOf, endThese, findPassword, lockSessionsOf } from './store.ts'
import { sessions } from './table.ts'

const TOKEN_MS = 15 * MINUTE_MS
const SESSION_MS = 30 * DAY_MS
/** Of one person; with one more the oldest ends. */
const SESSIONS_MAX = 20

type Proof = { by: 'password'; credential: Credential } | ({ by: 'refresh' } & Refreshed) | undefined

/**
 * Logs somebody in by address and password, or goes on with a session by its refresh token. An unknown address, an unproven one, a
 * disabled person and a wrong password are one answer, in the same time.
 */
export const createToken = defineCommand({
  name: 'createToken',
  group: 'access',
  input: CreateToken,
  everyTime: true,

  async before({ db, now, peer }, { email, password, refreshToken }): Promise<Proof> {
    if (refreshToken !== undefined && email === undefined && password === undefined) {
      const found = await refreshed(db, refreshToken, now)
      return found && { by: 'refresh', ...found }
    }
    if (email === undefined || password === undefined || refreshToken !== undefined)
      throw invalid('', 'ambiguous', 'give either email and password, or refreshToken')
    const credential = await proven({ db, peer }, normalised('/email', email), password)
    return credential && { by: 'password', credential }
  },

  async subject({ tx, now, before: proof }) {
    if (!proof) return
    const personId = proof.by === 'password' ? proof.credential.personId : proof.personId
    const open = await lockSessionsOf(tx, personId, now)
    const [person, password] = await Promise.all([activePerson(tx, personId), findPassword(tx, personId)])
    const isChanged = proof.by === 'password' && password?.hash !== proof.credential.hash
    // a session that has ended since its token was turned needs no look: its access token opens nothing
    return person && !isChanged ? { person, open, proof } : undefined
  },

  refuse: (_actor, found) => (found ? undefined : 'wrong_credentials'),

  handle(context, _input, found): AccessToken {
    if (!found) throw new Error('without proof it is refused')
    const { person, open, proof } = found
    const own = context.as(person)
    if (proof.by === 'refresh') return answerOf(own, person.id, proof)
    endThese(own, open.slice(0, Math.max(0, open.length - SESSIONS_MAX + 1)), 'newer')
    return answerOf(own, person.id, openSession(own, person.id))
  },
})

/** Whom address and password prove; the attempt is counted unless they do. */
async function proven({ db, peer }: Pick<BeforeContext, 'db' | 'peer'>, address: string, password: string) {
  const attempt = await takeAttempt(db, address, peer)
  const credential = await credentialOf(db, address)
  const isRight = await isPassword(password, credential?.hash).catch(async (error) => {
    await forgive(db, attempt) // nobody looked
    throw error
  })
  if (!isRight) return
  await forgive(db, attempt)
  return credential
}

function openSession({ insert, emit, now }: CommandContext, personId: string) {
  const id = newId('ses')
  const { token, familyHash, refreshHash } = newRefreshToken(id)
  const open = { endedAt: null, endedBy: null }
  const expiresAt = after(now, SESSION_MS)
  insert(sessions, { id, personId, familyHash, refreshHash, createdAt: now, lastUsedAt: now, expiresAt, ...open })
  emit({ type: 'session.opened', object: { type: 'session', id, version: null }, data: { personId } })
  return { sessionId: id, refreshToken: token }
}

function answerOf(
  { now, signToken }: CommandContext,
  personId: string,
  { sessionId, refreshToken }: { sessionId: string; refreshToken: string },
): AccessToken {
  const expiresAt = after(now, TOKEN_MS)
  const accessToken = signToken({
    sub: personId,
    sid: sessionId,
    jti: randomUUID(),
    exp: Math.floor(Date.parse(expiresAt) / 1_000),
    iat: Math.floor(Date.parse(now) / 1_000),
  })
  return { accessToken, refreshToken, tokenType: 'Bearer', expiresAt }
}
