import { Liquid } from 'liquidjs'
import { nearest } from '../../kernel/nearest.ts'
import type { Fault } from '../../kernel/problems.ts'
import type { BodyFormat } from '../conversations/body.ts'

/** R46: what one template may cost. */
const LIMITS = { parseLimit: 102_400, renderLimit: 100, memoryLimit: 1_000_000 } as const
const OUTPUT_LENGTH_MAX = 262_144

/** Text is written as it is; in HTML whatever comes from data is escaped. Markdown is escaped where it becomes HTML. */
const engine = (outputEscape?: 'escape') =>
  new Liquid({
    ...LIMITS,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // no template reads another one, or a file
    templates: {},
    cache: false,
    // a moment says the same wherever the process runs
    timezoneOffset: 0,
    ...(outputEscape ? { outputEscape } : {}),
  })
const plain = engine()
const escaping = engine('escape')

/** Tags that reach for other templates. */
const FORBIDDEN = /\{%-?\s*(include|render|layout|block)\b/

export type Variables = { readonly [name: string]: string | number | boolean | null | Variables }

/** What is wrong with a template: its syntax, a filter that is not there, or a variable that nothing gives. `example` has all variables. */
export function templateFaults(
  source: string,
  example: Variables,
  pointer: string,
): (Fault & { didYouMean?: string })[] {
  const forbidden = FORBIDDEN.exec(source)
  if (forbidden) return [{ pointer, code: 'template', detail: `${forbidden[1]} is not for templates of this desk` }]
  try {
    const parsed = plain.parse(source)
    const known = paths(example)
    const used = plain.globalVariableSegmentsSync(parsed).map((segments) => segments.map(String).join('.'))
    const unknown = [...new Set(used)].filter((path) => !known.has(path))
    return unknown.map((path) => {
      const meant = nearest(path, [...known])
      const detail = `${path} is no variable; there are ${[...known].join(', ')}`
      return { pointer, code: 'unknown_variable', detail, ...(meant ? { didYouMean: meant } : {}) }
    })
  } catch (error) {
    return [{ pointer, code: 'template', detail: messageOf(error) }]
  }
}

/** A template with its variables filled in, or why that failed: it took too long, or made too much. */
export function render(source: string, variables: Variables, format: BodyFormat): { text: string } | { fault: string } {
  try {
    const made: unknown = (format === 'html' ? escaping : plain).parseAndRenderSync(source, variables)
    const text = String(made)
    return text.length > OUTPUT_LENGTH_MAX ? { fault: 'makes more than 256 KiB' } : { text }
  } catch (error) {
    return { fault: messageOf(error) }
  }
}

function paths(variables: Variables, before = ''): Set<string> {
  return new Set(
    Object.entries(variables).flatMap(([name, value]) => {
      const path = before + name
      return typeof value === 'object' && value !== null ? [path, ...paths(value, `${path}.`)] : [path]
    }),
  )
}

/** The library's first line; it names no file of ours. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]
    ?.replace(/, file:.*$/, '')
    .slice(0, 300) ?? ''
