import { readFileSync } from 'node:fs'

/** Variables as a shell hands them over. */
export type Environment = Record<string, string | undefined>

/** More than any value needs, less than a log file named by mistake. */
const FILE_BYTES_MAX = 65_536

/** The texts that are set, by NAME or as the content of NAME_FILE. What cannot be read is told to `fault`. */
export function readTexts(
  env: Environment,
  names: readonly string[],
  fault: (text: string) => void,
): Map<string, string> {
  const texts = new Map<string, string>()
  for (const name of names) {
    const text = readText(env, name, fault)
    if (text !== undefined) texts.set(name, text)
  }
  return texts
}

/** Empty counts as not set: a container file hands on `NAME=` for what nobody chose. */
function readText(env: Environment, name: string, fault: (text: string) => void): string | undefined {
  const path = env[`${name}_FILE`]
  if (!path) return env[name] || undefined
  if (!env[name]) return readFile(`${name}_FILE`, path, fault)
  fault(`${name} and ${name}_FILE are both set: keep one of them`)
}

function readFile(name: string, path: string, fault: (text: string) => void): string | undefined {
  try {
    const content = readFileSync(path, 'utf8')
    const text = content.replace(/\r?\n$/, '')
    if (text && content.length <= FILE_BYTES_MAX) return text
    fault(`${name}: ${path} is ${text ? `longer than ${FILE_BYTES_MAX} bytes` : 'empty'}`)
  } catch (error) {
    fault(`${name}: ${path} cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`)
  }
}
