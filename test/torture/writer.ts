import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, call, type Target } from './target.ts'

/** A write that was answered with success. */
export interface Written {
  canary: string
  kind: 'ticket' | 'reply'
  /** Of the ticket or of the message. */
  id: string
  ticketId: string
}

export interface WriterResult {
  written: Written[]
  /** Requests that were sent again. */
  retries: number
  /** Answers that told an earlier result: the service was killed between commit and answer. */
  replayed: number
  /** Answers that a client cannot mend by trying again. */
  refused: string[]
}

export interface WriterParts {
  target: Target
  writes: number
  connections: number
  run: string
  /** So many people ask. */
  requesters?: number
  onWritten(): void
}

interface Made {
  id: string
}

const AGAIN_MS = 100
/** Every so many writes are sent once more after their answer. */
const REPEAT_EVERY = 20

/** Opens tickets and replies to them, each with a key of its own, sent again with the same key until it is answered. */
export async function writeAll({
  target,
  writes,
  connections,
  run,
  requesters = 40,
  onWritten,
}: WriterParts): Promise<WriterResult> {
  const result: WriterResult = { written: [], retries: 0, replayed: 0, refused: [] }
  const pairs = Array.from({ length: Math.ceil(writes / 2) }, (_, n) => n * 2)

  const write = async (n: number, kind: Written['kind'], ticketId: string): Promise<string | undefined> => {
    const canary = `${run}-w${n}-`
    const body = kind === 'ticket' ? opening(n % requesters, canary) : { body: `A reply ${canary}` }
    const path = kind === 'ticket' ? '/tickets' : `/tickets/${ticketId}/replies`
    const send = () => insist(target, path, { canary, body }, result)
    const id = await send()
    if (id === undefined) return
    result.written.push({ canary, kind, id, ticketId: ticketId || id })
    if (n % REPEAT_EVERY === 0 && (await send()) !== id)
      result.refused.push(`${canary} was answered twice, differently`)
    onWritten()
    return id
  }
  const work = async () => {
    for (let n = pairs.shift(); n !== undefined && !target.signal.aborted; n = pairs.shift()) {
      const ticketId = await write(n, 'ticket', '')
      if (ticketId !== undefined && n + 1 < writes) await write(n + 1, 'reply', ticketId)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  return result
}

const opening = (asker: number, canary: string) => ({
  subject: `Canary ${canary}`,
  body: `It burns. ${canary}`,
  requester: { email: `asker${asker}@example.com` },
})

/** The id of what was made; undefined when it was refused or the run has had its time. */
async function insist(
  target: Target,
  path: string,
  { canary, body }: { canary: string; body: object },
  result: WriterResult,
): Promise<string | undefined> {
  while (!target.signal.aborted) {
    const answer = await call<Made>(target, path, { body, headers: { 'idempotency-key': canary } }).catch(
      () => undefined,
    )
    if (answer?.status === 201) {
      if (answer.headers.has('idempotency-replayed')) result.replayed++
      return answer.body.id
    }
    if (answer && !isPassing(answer)) {
      result.refused.push(`${canary} ${answer.status} ${JSON.stringify(answer.body)}`)
      return
    }
    result.retries++
    await wait(AGAIN_MS)
  }
}

/** In progress: the first request with the key is still running. */
const isPassing = ({ status, body }: Answer<Made>): boolean =>
  status >= 500 || (status === 409 && 'code' in body && body.code === 'idempotency_in_progress')
