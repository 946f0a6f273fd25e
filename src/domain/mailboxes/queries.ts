import { defineQuery } from '../../kernel/desk.ts'
import { Problem } from '../../kernel/problems.ts'
import { NoInput } from '../../kernel/schema.ts'
import { refuseStaffOnly } from '../people/policy.ts'
import { type Mailbox, MailboxAct } from './schema.ts'
import { mailboxesCached } from './store.ts'

export const mailboxesQuery = defineQuery({
  name: 'mailboxes',
  group: 'mail',
  input: NoInput,
  refuse: (actor) => refuseStaffOnly(actor),
  read: ({ cached }): Promise<Mailbox[]> => cached(mailboxesCached),
})

export const mailbox = defineQuery({
  name: 'mailbox',
  group: 'mail',
  input: MailboxAct,
  refuse: (actor) => refuseStaffOnly(actor),

  async read({ cached }, { mailboxId }): Promise<Mailbox> {
    const found = (await cached(mailboxesCached)).find(({ id }) => id === mailboxId)
    if (!found) throw new Problem('mailbox_not_found')
    return found
  },
})
