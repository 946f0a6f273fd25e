/** The lines of a text. By a regular expression: it makes them one by one, where a million at once can end the process instead of the thread. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/)

/** Cheap, as these are asked of every line several times. */
export const isBlank = (line: string): boolean => !/\S/.test(line)

const LETTER = /^[a-z\d]/i

/** It begins with words: neither with a mark nor with anything hidden. */
export const opensWithLetter = (line: string): boolean => LETTER.test(line)

const MARK = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const MARKS = new RegExp(MARK, 'g')

/** Without the marks that say which way to read (Unicode UAX #9): clients put them around names and addresses, where some write from the right. */
export const withoutMarks = (line: string): string => (MARK.test(line) ? line.replace(MARKS, '') : line)
