import { Problem } from '../kernel/problems.ts'

/** In GraphQL a thing that is not there, or not to be seen, is null: no error beside it. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null
    throw error
  }
}
