import type { InboundMail, MailKind } from '../mail/schema.ts'
import { replyOf } from './content.ts'
import type { Filing } from './decide.ts'

const names = ['note', 'close', 'status', 'assign', 'unassign', 'priority'] as const

/** A line by which an agent has something done. */
export interface Command {
  /** As it was written. */
  line: string
  name: (typeof names)[number]
  argument: string
}

/** What a proven agent asks for beside answering. */
export interface Asked {
  commands: readonly Command[]
  /** Nothing of the mail goes to anybody outside. */
  isNote: boolean
  /** What the message says. */
  text: string
  /** Why it became a note that nobody asked for: the agent is to hear of it. */
  remark: string | null
}

/**
 * What an agent asks for by mail, and how the mail is filed then. Of mail that proves no agent nothing is read: a line that looks like a
 * command is text like any other (R19). What cannot be read, or what a machine wrote, may have been meant for colleagues only.
 */
export function askedBy(filing: Filing, mail: InboundMail, kind: MailKind): { filing: Filing; asked: Asked | null } {
  if (!filing.asAgent) return { filing, asked: null }
  const { bodyText: words } = replyOf(mail)
  const asked = mail.parseError ? kept(words, `This mail could not be read (${mail.parseError}).`) : commandsIn(words)
  if (!asked.commands.length && !asked.isNote) return { filing, asked: null }
  const heeded = kind === 'ordinary' ? asked : kept(words, `A machine wrote this mail (${kind}): nothing was done.`)
  return { filing: filedAs(filing, heeded), asked: heeded }
}

const kept = (text: string, why: string): Asked => ({
  commands: [],
  isNote: true,
  text,
  remark: `${why} It is an internal note, and nothing of it went to the customer.`,
})

/** What is said to colleagues brings nobody into the ticket. */
function filedAs(filing: Filing, { commands, isNote, remark }: Asked): Filing {
  const detail = commands.map(({ line }) => line).join('; ') || null
  const trace = [...filing.trace, { step: 'commands', result: isNote ? 'note' : 'reply', detail }]
  if (!isNote) return { ...filing, trace }
  const reason = ['An agent, proven by reply address and relay, writes a note.', remark].filter(Boolean).join(' ')
  const note = { conversationId: null, takesCc: false, addsFollowers: false }
  return { ...filing, ...note, verdict: 'note_added', reason, trace }
}

const COMMANDS_MAX = 10

/**
 * The commands that stand first in a text, one a line. The first line that is none ends them, and all from there on is text. A text of
 * commands alone says nothing to a customer: it is a note that holds them.
 */
export function commandsIn(text: string): Asked {
  const lines = text.split(LINE_END)
  const commands: Command[] = []
  let at = 0
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (BLANK.test(line)) continue
    const command = commandIn(line)
    if (command && commands.length === COMMANDS_MAX) return keptFrom(at, `A mail has at most ${COMMANDS_MAX} commands.`)
    if (!command && isNearlyNote(line)) return keptFrom(at, `"${shortened(line)}" was taken for #note.`)
    if (!command) break
    commands.push(command)
  }
  const asksForNote = commands.some(({ name }) => name === 'note')
  if (!asksForNote && lines.slice(at).some(beginsNote))
    return keptFrom(at, 'Commands are the first lines, and #note stands further down.')
  if (!commands.length) return { commands, isNote: false, text, remark: null }
  const said = saidFrom(at)
  const isNote = asksForNote || said === ''
  return { commands, isNote, text: said || commands.map(({ line }) => line).join('\n'), remark: null }

  /** Nothing is lost of what may have been text. */
  function keptFrom(from: number, why: string): Asked {
    return { ...kept(saidFrom(from), why), commands }
  }
  function saidFrom(from: number): string {
    const notes = commands.flatMap(({ name, argument }) => (name === 'note' && argument !== '' ? [argument] : []))
    return [...notes, ...lines.slice(from)].join('\n').trim()
  }
}

/** Also what editors write for a line within a paragraph. */
const LINE_END = /\r\n?|[\n\v\f\u0085\u2028\u2029]/
const BLANK = /^[\s\p{Cf}]*$/u
/** With the number signs of East Asian keyboards, and what editors put in unseen: spaces that do not break, marks of direction. */
const HASH_WORD = /^[\s\p{Cf}]*[#\uff03\ufe5f]([\s\p{Cf}]*)([\p{L}\p{N}\p{M}]+)[.,;!]*([\s\p{Cf}]*[:\uff1a]?)/u
const WORD_LENGTH_MAX = 20
/** A command and what parts it from the rest stand in so many characters. */
const HEAD_LENGTH_MAX = 400

function hashWord(line: string) {
  const [head = '', gap, written = '', parting = ''] = HASH_WORD.exec(line.slice(0, HEAD_LENGTH_MAX)) ?? []
  if (gap === undefined || written.length > WORD_LENGTH_MAX) return
  const rest = line.slice(head.length)
  const isWhole = parting !== '' || rest === ''
  return { hasGap: gap !== '', word: written.normalize('NFKC').toLowerCase(), isWhole, rest: rest.trim() }
}

/** Only a note may have a space behind its sign: other words would be the headings of somebody who writes Markdown. */
function commandIn(line: string): Command | undefined {
  const found = hashWord(line)
  const name = names.find((one) => one === found?.word)
  if (!found?.isWhole || !name || (found.hasGap && name !== NOTE)) return
  return { line: shortened(line), name, argument: found.rest }
}

/** What programs make of a word in bold, of an item of a list, or of a heading. */
const ORNAMENT = /^[\s\p{Cf}*_~`•·–—+-]{0,20}#{0,6}(?=[#\uff03\ufe5f])/u

const unadorned = (line: string): string => line.slice(0, HEAD_LENGTH_MAX).replace(ORNAMENT, '')

/** Whoever answers below what they quote, or greets first, says it further down. */
const beginsNote = (line: string): boolean => hashWord(unadorned(line))?.word === NOTE

/** One letter more, less, another, or two in the wrong order: what was meant for colleagues must not go out for a slip. */
function isNearlyNote(line: string): boolean {
  const word = hashWord(unadorned(line))?.word
  if (word === undefined) return false
  const start = [...NOTE].findIndex((letter, n) => letter !== word[n])
  const same = start < 0 ? NOTE.length : start
  const [rest, meant] = withoutCommonEnd(word.slice(same), NOTE.slice(same))
  return (rest.length <= 1 && meant.length <= 1) || (rest.length === 2 && rest === [...meant].reverse().join(''))
}

const NOTE = 'note'

function withoutCommonEnd(a: string, b: string): [string, string] {
  const last = a.at(-1)
  return last !== undefined && last === b.at(-1) ? withoutCommonEnd(a.slice(0, -1), b.slice(0, -1)) : [a, b]
}

const LINE_LENGTH_MAX = 200

const shortened = (line: string): string => {
  const bare = line.trim()
  return bare.length > LINE_LENGTH_MAX ? `${bare.slice(0, LINE_LENGTH_MAX - 1).toWellFormed()}…` : bare
}
