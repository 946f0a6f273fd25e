import type { Service } from '../support/process.ts'

/** What is tortured: one process after another. */
export interface Target {
  /** The process of now, as soon as it is ready. */
  service(): Promise<Service>
  key(): string
  /** The run has had its time. */
  signal: AbortSignal
}

export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

/** An answer slower than this counts as none: the request is sent again. */
const ANSWER_WITHIN_MS = 20_000

/** One REST call to the process of now. Rejects when the connection breaks. The caller knows what is answered. */
export async function call<T>(
  target: Target,
  path: string,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const { url } = await target.service()
  const answer = await fetch(`${url}/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${target.key()}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.any([target.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  })
  return { status: answer.status, body: (await answer.json()) as T, headers: answer.headers }
}

interface Page<T> {
  data: T[]
  nextCursor: string | null
}

/** A list to its end. */
export async function readAll<T>(target: Target, path: string): Promise<T[]> {
  const rows: T[] = []
  for (let after = ''; ; ) {
    const { status, body } = await call<Page<T>>(target, `${path}${path.includes('?') ? '&' : '?'}limit=100${after}`)
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`)
    rows.push(...body.data)
    if (body.nextCursor === null) return rows
    after = `&after=${encodeURIComponent(body.nextCursor)}`
  }
}
