import { customType } from 'drizzle-orm/pg-core'

/** A key or a reference: compared byte by byte, so that time-ordered ids sort by time in any locale. */
export const id = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })

/** A moment, in the program an RFC 3339 string in UTC with milliseconds: its order is the order of strings. */
export const instant = customType<{ data: string }>({ dataType: () => 'timestamp(3) with time zone' })

export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
