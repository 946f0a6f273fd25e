/** Types of Postgres whose values are sent as bytes, in the server's own form. */
export const TSVECTOR = 3614
export const TSVECTOR_ARRAY = 3643

const DIMENSIONS = 1
const HAS_NULLS = 0
const FIRST = 1

/** Values of the type tsvector as one parameter: `tsvector[]` in the form in which Postgres sends arrays (`array_recv`). */
export function tsvectorArray(vectors: readonly Uint8Array[]): Uint8Array {
  const head = int32s(DIMENSIONS, HAS_NULLS, TSVECTOR, vectors.length, FIRST)
  return Buffer.concat([head, ...vectors.flatMap((vector) => [int32s(vector.length), vector])])
}

function int32s(...numbers: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * numbers.length)
  for (const [n, number] of numbers.entries()) bytes.writeInt32BE(number, 4 * n)
  return bytes
}
