import type { FastifyReply } from 'fastify'
import type { Page } from '../kernel/page.ts'

// a row that cannot change is printed once
const texts = new WeakMap<object, string>()

/** A resource as JSON. */
export function printed(row: object): string {
  const known = texts.get(row)
  if (known !== undefined) return known
  const text = JSON.stringify(row)
  if (Object.isFrozen(row)) texts.set(row, text)
  return text
}

/** Sends a page whose rows are the resource and nothing else: printed as they are, which is quicker than by their schema. */
export const sendPage = <R>(reply: FastifyReply, { data, ...page }: Page<R>, print: (row: R) => string): FastifyReply =>
  reply
    .serializer((text: string) => text)
    .header('content-type', 'application/json; charset=utf-8')
    .send(`{"data":[${data.map(print).join()}],${JSON.stringify(page).slice(1)}`)
