/** The lines of a text. By a regular expression: it makes them one by one, where a million at once can end the process instead of the thread. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/)

/** Cheap, as these are asked of every line several times. */
export const isBlank = (line: string): boolean => !/\S/.test(line)

const LETTER = /^[a-z\d]/i

/** It begins with words: neither with a mark nor with anything hidden. */
export const opensWithLetter = (line: string): boolean => LETTER.test(line)
