import { bumpVocabulary } from '../../kernel/bump.ts'
import { defineCommand } from '../../kernel/desk.ts'
import { newId } from '../../kernel/ids.ts'
import { refuseAdminWork } from '../people/policy.ts'
import { vocabulary } from '../types/store.ts'
import { AddMailbox } from './schema.ts'
import { checkDefaults, mailboxAddress } from './store.ts'
import { mailboxes } from './table.ts'

/** A further address of ours; mail to it is accepted at once. */
export const addMailbox = defineCommand({
  name: 'addMailbox',
  group: 'mail',
  input: AddMailbox,
  constraints: { mailboxes_address: 'mailbox_taken' },

  async subject({ tx, cached }, input) {
    const words = await cached(vocabulary)
    await checkDefaults(tx, words, input)
    return { address: mailboxAddress(input.address), defaultType: [...words.types.keys()][0] ?? '' }
  },

  refuse: (actor) => refuseAdminWork(actor),

  async handle(
    context,
    { name, type, priority = null, category = null, project = null, teamId = null },
    { address, defaultType },
  ) {
    const { insert, emit, now } = context
    const mailbox = {
      id: newId('mbx'),
      address,
      name: name ?? address,
      type: type ?? defaultType,
      priority,
      category,
      project,
      teamId,
      version: 1,
      createdAt: now,
      updatedAt: now,
    }
    insert(mailboxes, mailbox)
    await bumpVocabulary(context)
    emit({ type: 'mailbox.added', object: { type: 'mailbox', id: mailbox.id, version: 1 }, data: { address } })
    return mailbox
  },
})
