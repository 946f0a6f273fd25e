/** RFC 3339, UTC, milliseconds: the one form of a moment in the program. Later moments are greater strings. */
export type Instant = string

export type Clock = () => Date

export const instantOf = (date: Date): Instant => date.toISOString()

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A moment so many milliseconds later, or earlier when negative. */
export const after = (instant: Instant, ms: number): Instant => new Date(Date.parse(instant) + ms).toISOString()
