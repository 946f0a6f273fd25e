/** What the domain knows of the configuration. */
export interface Settings {
  /** Where links of ours lead. */
  publicUrl: string
  mailDomain: string
  /** The domain of signed reply addresses. */
  replyDomain: string
  /** Whether mail can leave; otherwise it stays in the ledger as `unrouted`. */
  mailIsRouted: boolean
  /** The names under which relays of ours say what they found out about a sender (RFC 8601); empty: nobody's word counts. */
  authservIds: readonly string[]
  isTrustedRelay(peer: string): boolean
}
