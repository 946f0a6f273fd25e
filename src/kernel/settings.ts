/** What the domain knows of the configuration. */
export interface Settings {
  mailDomain: string
  /** The domain of signed reply addresses. */
  replyDomain: string
  /** Whether mail can leave; otherwise it stays in the ledger as `unrouted`. */
  mailIsRouted: boolean
}
