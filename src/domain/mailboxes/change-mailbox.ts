import { bumpVocabulary } from '../../kernel/bump.ts'
import { refuseStale } from '../../kernel/conflict.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { changesBetween } from '../../kernel/events.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { ChangeMailbox } from './schema.ts'
import { checkDefaults, lockMailbox } from './store.ts'
import { mailboxes } from './table.ts'

/** What mail to this address becomes from now on; the address itself stays. */
export const changeMailbox = defineCommand({
  name: 'changeMailbox',
  group: 'mail',
  input: ChangeMailbox,

  async subject({ tx, cached }, input) {
    const [mailbox] = await Promise.all([
      lockMailbox(tx, input.mailboxId),
      cached(vocabulary).then((words) => checkDefaults(tx, words, input)),
    ])
    return { mailbox, tx }
  },

  refuse: (actor) => refuseAdminWork(actor, 'mailbox_not_found'),

  async handle(context, { mailboxId: _, expectedVersion, ...fields }, { mailbox, tx }) {
    await refuseStale(tx, mailbox, expectedVersion, Object.keys(fields))
    const changes = changesBetween(mailbox, fields)
    if (!Object.keys(changes).length) return mailbox
    context.update(mailboxes, mailbox, { ...fields, version: mailbox.version + 1, updatedAt: context.now })
    await bumpVocabulary(context)
    context.emit({
      type: 'mailbox.changed',
      object: { type: 'mailbox', id: mailbox.id, version: mailbox.version },
      changes,
      data: {},
    })
    return mailbox
  },
})
