/** What the domain knows of the configuration. */
export interface Settings {
  /** Where links of ours lead. */
  publicUrl: string
  mailDomain: string
  /** The domain of signed reply addresses. */
  replyDomain: string
  /** Whether mail can leave; otherwise it stays in the ledger as `unrouted`. */
  mailIsRouted: boolean
}
