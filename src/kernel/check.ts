import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { type Fault, Problem } from './problems.ts'

const compiled = new WeakMap<TSchema, Validator>()

/** Faults told at once; a body with thousands of them is not worth more. */
const FAULTS_MAX = 20

function validatorOf(schema: TSchema): Validator {
  const known = compiled.get(schema)
  if (known) return known
  const made = Compile(schema)
  compiled.set(schema, made)
  return made
}

/** The input itself, or invalid_input with a pointer for each fault. Nothing is coerced, dropped or filled in. */
export function check<S extends TSchema>(schema: S, input: unknown): Static<S> {
  const faults = faultsOf(schema, input)
  if (!faults.length) return input as Static<S> // checked just now
  throw new Problem('invalid_input', {
    detail: faults.map((f) => `${f.pointer || '/'}: ${f.detail}`).join('; '),
    errors: faults,
  })
}

/** What is wrong with a value, by place. Empty when nothing is. */
export function faultsOf(schema: TSchema, value: unknown): Fault[] {
  const unstorable = unstorableIn(value)
  if (unstorable) return [unstorable]
  const validator = validatorOf(schema)
  if (validator.Check(value)) return []
  const faults = [...validator.Errors(value)].flatMap(faultsFrom)
  const seen = new Set<string>()
  return faults.filter(({ pointer }) => !seen.has(pointer) && seen.add(pointer)).slice(0, FAULTS_MAX)
}

const DEPTH_MAX = 32
const ITEMS_MAX = 1_000

/** What no schema can say: text that Postgres cannot keep (NUL, half a surrogate pair), and values too deep or too long. */
function unstorableIn(value: unknown, depth = 0): Fault | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      return { pointer: '', code: 'text', detail: 'holds a NUL or half a surrogate pair' }
    return
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (depth >= DEPTH_MAX) return { pointer: '', code: 'too_deep', detail: `is nested deeper than ${DEPTH_MAX}` }
  const members = Object.entries(value)
  if (members.length > ITEMS_MAX) return { pointer: '', code: 'too_many', detail: `has more than ${ITEMS_MAX} members` }
  for (const [name, member] of members) {
    const fault = unstorableIn(member, depth + 1)
    // the way there is told on the way back: hardly any input has a fault
    if (fault) return { ...fault, pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}${fault.pointer}` }
  }
}

const CODES: Record<string, string> = {
  required: 'missing',
  additionalProperties: 'unknown',
  boolean: 'unknown',
  enum: 'not_allowed',
}

// TypeBox answers as Ajv does: missing and unknown members are told at the object, with their names in params.
function faultsFrom({ keyword, instancePath, params, message }: TLocalizedValidationError): Fault[] {
  const code = CODES[keyword] ?? keyword
  const at = (name: string) => `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const named =
    'requiredProperties' in params
      ? params.requiredProperties
      : 'additionalProperties' in params
        ? params.additionalProperties
        : undefined
  if (Array.isArray(named)) {
    return named.map((name) => ({
      pointer: at(String(name)),
      code,
      detail: code === 'missing' ? 'is required' : 'is not known here',
    }))
  }
  if (keyword === 'boolean') return [{ pointer: instancePath, code, detail: 'is not known here' }]
  if ('allowedValues' in params && Array.isArray(params.allowedValues)) {
    return [
      {
        pointer: instancePath,
        code,
        detail: `must be one of ${params.allowedValues.map(String).slice(0, 20).join(', ')}`,
      },
    ]
  }
  return [{ pointer: instancePath, code, detail: message }]
}
