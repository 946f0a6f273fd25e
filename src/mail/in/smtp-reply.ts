import type { Logger } from 'pino'

/** An error that the session answers as it is; the text begins with the enhanced status code (RFC 3463). */
export const refusal = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode })

/** What the peer hears of an error: our refusals as they are, anything else only as "later". */
export function asReply(error: unknown, log: Logger): Error {
  if (error instanceof Error && 'responseCode' in error) return error
  log.error({ err: error }, 'mail could not be accepted')
  return refusal(451, '4.3.0 Cannot take mail now, try again later')
}
