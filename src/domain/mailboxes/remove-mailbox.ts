import { bumpVocabulary, lockConfiguration } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { MailboxAct } from './schema.ts'
import { allMailboxes, lockMailbox } from './store.ts'
import { mailboxes } from './table.ts'

/** Mail to this address is refused from now on; its tickets stay and answer from another mailbox. The desk keeps one. */
export const removeMailbox = defineCommand({
  name: 'removeMailbox',
  group: 'mail',
  input: MailboxAct,

  async subject({ tx }, { mailboxId }) {
    await lockConfiguration(tx)
    const [mailbox, all] = await Promise.all([lockMailbox(tx, mailboxId), tx.query(allMailboxes.bind({}))])
    return { mailbox, count: all.rows.length }
  },

  refuse: (actor, { count }) =>
    refuseAdminWork(actor, 'mailbox_not_found') ?? (count < 2 ? 'mailbox_in_use' : undefined),

  async handle(context, _input, { mailbox }) {
    context.remove(mailboxes, mailbox)
    await bumpVocabulary(context)
    context.emit({
      type: 'mailbox.removed',
      object: { type: 'mailbox', id: mailbox.id, version: null },
      data: { address: mailbox.address },
    })
    return { id: mailbox.id }
  },
})
