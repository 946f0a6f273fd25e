import { normaliseAddress } from '../../kernel/address.ts'
import { invalid, type Problem } from '../../kernel/problems.ts'
import type { SendMail } from './schema.ts'

/** Why a mail cannot be written: its words come from a template, or are given, and its address is one. */
export function refuseWords({ to, template, subject, body, format }: Omit<SendMail, 'ticketId'>): Problem | undefined {
  if (!normaliseAddress(to)) return invalid('/to', 'email', 'is not an e-mail address (RFC 5321)')
  if (template === undefined) {
    if (subject === undefined) return invalid('/subject', 'missing', 'give subject and body, or a template')
    if (body === undefined) return invalid('/body', 'missing', 'give subject and body, or a template')
    return
  }
  const given = Object.entries({ subject, body, format }).find(([, value]) => value !== undefined)?.[0]
  if (given) return invalid(`/${given}`, 'ambiguous', 'give either a template, or subject and body')
}
