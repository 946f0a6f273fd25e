import type { TokenPurpose } from './schema.ts'

interface Words {
  subject: string
  asks: string
  page: string
  /** What they may do who have not asked for it. */
  otherwise: string
}

const WORDS: Record<TokenPurpose, Words> = {
  invitation: {
    subject: 'You are invited',
    asks: 'You can log in from now on. Choose a password:',
    page: 'password',
    otherwise: 'If you do not want to log in, do nothing.',
  },
  password_reset: {
    subject: 'Choose a new password',
    asks: 'Somebody asked for a new password for your account. Choose one:',
    page: 'password',
    otherwise: 'If it was not you, do nothing: your password stays as it is.',
  },
  email_verification: {
    subject: 'Is this your address?',
    asks: 'Say that this address is yours:',
    page: 'verify-email',
    otherwise: 'If you know nothing of this, do nothing.',
  },
}

export const subjectOf = (purpose: TokenPurpose): string => WORDS[purpose].subject

/** A mail with a token in it. It holds no word of a user (R22). */
export function tokenLetter(
  purpose: TokenPurpose,
  token: string,
  mailbox: string,
  portalUrl: string | undefined,
): string {
  const { asks, page, otherwise } = WORDS[purpose]
  // behind a # it is sent to no server, and stands in no log
  const how = portalUrl === undefined ? `Your token: ${token}` : `${portalUrl}/${page}#token=${token}`
  return [asks, how, 'It works once, within a day.', otherwise, mailbox].join('\n\n')
}
