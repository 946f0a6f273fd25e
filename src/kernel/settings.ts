/** What the domain knows of the configuration. */
export interface Settings {
  /** Where links of ours lead. */
  publicUrl: string
  /** Where the pages of a front end are, to which mails about accounts lead; undefined: they carry the bare token. */
  portalUrl: string | undefined
  mailDomain: string
  /** The domain of signed reply addresses. */
  replyDomain: string
  /** Whether mail can leave; otherwise it stays in the ledger as `unrouted`. */
  mailIsRouted: boolean
  /** The names under which relays of ours say what they found out about a sender (RFC 8601); empty: nobody's word counts. */
  authservIds: readonly string[]
  isTrustedRelay(peer: string): boolean
}
