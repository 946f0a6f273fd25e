import type { Service } from '../support/process.ts'

/** One REST call to a process that is not killed meanwhile; whatever is no success is thrown. */
export async function ask<T>({ url }: Service, key: string, method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : null,
  })
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T // the caller knows what is answered
}
