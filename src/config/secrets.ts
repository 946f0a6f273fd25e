/** Words that stand in examples, and so in the lists of those who try them. */
const WORDS = [
  ...['changeme', 'changeit', 'replaceme', 'secret', 'supersecret', 'password', 'passwort', 'passwd', 'admin'],
  ...[
    'administrator',
    'default',
    'example',
    'qwerty',
    'letmein',
    'keyboardcat',
    'insecure',
    'bootstrapapikey',
    'jwtsecret',
  ],
]

/** Long enough to pass for a secret, and printed in many manuals. */
const PHRASES = [
  'astringsecretatleast256bitslong',
  'yoursupersecretjwttokenwithatleast32characterslong',
  'your256bitsecretyour256bitsecret',
  'thisisasecretthisisasecretthisisasecret',
  'pleasechangethissecretpleasechangethissecret',
]

const WORDY = new RegExp(`^(?:${WORDS.join('|')})+`)
const SEQUENCE = '0123456789'.repeat(20)

/** One character again and again, or a word from an example, however often, with or without a row of digits behind it. */
export function isWellKnown(value: string): boolean {
  if (/^(.)\1*$/su.test(value)) return true
  const plain = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  if (PHRASES.includes(plain)) return true
  const rest = plain.replace(WORDY, '')
  return rest !== plain && (isRowOfDigits(rest) || WORDS.some((word) => word.startsWith(rest)))
}

const isRowOfDigits = (text: string): boolean =>
  /^(\d)\1*$/.test(text) || (/^\d+$/.test(text) && SEQUENCE.includes(text))
