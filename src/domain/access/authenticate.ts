import { LRUCache } from 'lru-cache'
import type { Connection } from '../../db/client.ts'
import type { PersonActor } from '../../kernel/actor.ts'
import { type Clock, instantOf, MINUTE_MS, SECOND_MS } from '../../kernel/clock.ts'
import { goesOn } from '../login/store.ts'
import { isMistyped } from './secret.ts'
import { activePerson, type KeyHolder, keyHolder } from './store.ts'

/** How long an answer is trusted: a revoked key or a disabled person is out within this time in every process. */
const TRUSTED_MS = SECOND_MS
const USE_NOTED_MS = MINUTE_MS
const REMEMBERED_MAX = 10_000
const CREDENTIAL_LENGTH_MAX = 4_096

export interface Authenticator {
  /** Who a bearer credential is; undefined for anything wrong, without saying what. */
  byApiKey(secret: string): Promise<PersonActor | undefined>
  /** The person a verified token names. */
  byPerson(id: string): Promise<PersonActor | undefined>
  /** The person whom a verified token names, while the session that it was got in goes on. */
  bySession(sessionId: string, personId: string): Promise<PersonActor | undefined>
}

export interface AuthenticatorParts {
  db: Connection
  clock: Clock
  /** Called at most once a minute for a key in use. */
  noteUse(apiKeyId: string): void
}

type Found = { value: KeyHolder | undefined }
type FoundPerson = { value: PersonActor | undefined }

/** Asks the database at most once a second for each credential. */
export function createAuthenticator({ db, clock, noteUse }: AuthenticatorParts): Authenticator {
  const keys = new LRUCache<string, Promise<Found>>({ max: REMEMBERED_MAX, ttl: TRUSTED_MS, ttlResolution: 0 })
  const persons = new LRUCache<string, Promise<FoundPerson>>({ max: REMEMBERED_MAX, ttl: TRUSTED_MS, ttlResolution: 0 })
  const inSession = new LRUCache<string, Promise<FoundPerson>>({
    max: REMEMBERED_MAX,
    ttl: TRUSTED_MS,
    ttlResolution: 0,
  })
  const noted = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: USE_NOTED_MS })

  const remembered = <T extends object>(
    cache: LRUCache<string, Promise<T>>,
    key: string,
    load: () => Promise<T>,
  ): Promise<T> => {
    const known = cache.get(key)
    if (known) return known
    const loading = load()
    cache.set(key, loading)
    loading.catch(() => cache.delete(key))
    return loading
  }

  return {
    async byApiKey(secret) {
      if (secret.length > CREDENTIAL_LENGTH_MAX || isMistyped(secret)) return
      const { value: holder } = await remembered(keys, secret, async () => ({ value: await keyHolder(db, secret) }))
      if (!holder || (holder.expiresAt !== null && holder.expiresAt <= instantOf(clock()))) return
      const id = holder.actor.apiKeyId
      if (id && !noted.has(id)) {
        noted.set(id, true)
        noteUse(id)
      }
      return holder.actor
    },
    async byPerson(id) {
      return (await remembered(persons, id, async () => ({ value: await activePerson(db, id) }))).value
    },
    async bySession(sessionId, personId) {
      const load = async () => {
        const [goes, person] = await Promise.all([
          goesOn(db, sessionId, personId, instantOf(clock())),
          activePerson(db, personId),
        ])
        return { value: goes && person ? { ...person, sessionId } : undefined }
      }
      return (await remembered(inSession, `${sessionId} ${personId}`, load)).value
    },
  }
}
