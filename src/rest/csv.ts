/** A table as CSV (RFC 4180): every cell quoted, and none that a spreadsheet would take for a formula (OWASP). */
export const asCsv = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')

const FORMULA = /^[=+\-@\t\r\n]/

function cellOf(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  // a number may be less than nothing
  const isSafe = typeof value === 'number' || !FORMULA.test(text)
  return `"${(isSafe ? text : `'${text}`).replaceAll('"', '""')}"`
}
