import type { PersonRow } from '../people/decide.ts'
import { type NoticeChoices, type NoticeKind, type NoticeLevel, noticeKinds } from '../people/schema.ts'
import type { NotificationPreferences } from './schema.ts'

/** How people are told who have not said otherwise. A held mail waits for anybody; the list says so. */
const USUAL: Record<NoticeKind, NoticeLevel> = {
  ticket_assigned: 'email',
  customer_replied: 'email',
  message_held: 'list',
  mail_unverified: 'email',
  mail_bounced: 'email',
  ticket_changed: 'email',
  note_added: 'email',
  mentioned: 'email',
  sla_warning: 'email',
  sla_breached: 'email',
  command_refused: 'email',
}

export const levelOf = (choices: NoticeChoices, kind: NoticeKind): NoticeLevel => choices[kind] ?? USUAL[kind]

type Levels = Omit<NotificationPreferences, 'digestMinutes'>

/** `customer_replied` is a value, `customerReplied` a field. */
const fieldOf = (kind: NoticeKind): keyof Levels =>
  kind.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()) as keyof Levels // contract.test sees that they agree

/** Every kind with its level, and when digests leave. */
export const preferencesOf = ({
  notices,
  digestMinutes,
}: Pick<PersonRow, 'notices' | 'digestMinutes'>): NotificationPreferences => ({
  ...(Object.fromEntries(noticeKinds.map((kind) => [fieldOf(kind), levelOf(notices, kind)])) as Levels), // fromEntries forgets the keys
  digestMinutes,
})

/** Choices after some of them were changed. */
export const choicesAfter = (choices: NoticeChoices, changes: Partial<Levels>): NoticeChoices =>
  Object.fromEntries(
    noticeKinds.flatMap((kind) => {
      const level = changes[fieldOf(kind)] ?? choices[kind]
      return level === undefined ? [] : [[kind, level]]
    }),
  )
