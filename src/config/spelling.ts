import { nearest } from '../kernel/nearest.ts'

/** Other programs' variables may stand near ours: another protocol is not a misspelling of SMTP. */
const OTHER_PROTOCOLS = /^(HTTPS?|IMAPS?|LMTP|NNTP|SFTP|SNMP|POP3?)_/

/** Kubernetes sets these for a service called kontor, in every pod beside it. */
const SERVICE_LINK = /^KONTOR(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)$/

/** Why a variable that is none of ours was probably meant for us, or nothing. */
export function misspelling(name: string, value: string, known: readonly string[]): string | undefined {
  const ours = name.startsWith('KONTOR_')
  if (OTHER_PROTOCOLS.test(name) || isServiceLink(name, value)) return
  const near = meant(name, known) ?? (ours ? meant(name.slice('KONTOR_'.length), known) : undefined)
  if (near) return `${name} is not a variable of Kontor: did you mean ${near}?`
  return ours ? `${name} is not a variable of Kontor` : undefined
}

const isServiceLink = (name: string, value: string): boolean =>
  SERVICE_LINK.test(name) || (name === 'KONTOR_PORT' && /^(tcp|udp|sctp):\/\//.test(value))

function meant(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known)
  if (!near || near.length > 'HOST'.length) return near
  // In a name of four letters two changes make another word: HOME and OS are not HOST.
  const oneMoreOrLess = Math.abs(name.length - near.length) === 1
  return oneMoreOrLess || lettersOf(name) === lettersOf(near) ? near : undefined
}

const lettersOf = (name: string): string => [...name.toUpperCase()].toSorted().join('')
