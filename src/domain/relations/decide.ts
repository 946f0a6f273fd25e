import { invalid, type Problem } from '../../kernel/problems.ts'
import type { LinkKind } from './schema.ts'

/** Parts of parts: deeper than this nobody finds their way, and every walk up or down has an end. */
export const TREE_DEPTH_MAX = 10
export const CHILDREN_MAX = 500
export const LINKS_MAX = 200

export interface Place {
  /** From the new parent up to the root. */
  ancestors: readonly string[]
  /** How many levels stand below the ticket that moves. */
  height: number
  /** How many parts the new parent has already. */
  children: number
}

/** Why a ticket cannot become a part there, or nothing. */
export function refusePlace(ticketId: string, { ancestors, height, children }: Place): Problem | undefined {
  if (ancestors.includes(ticketId)) return invalid('/parentId', 'cycle', 'is this ticket itself, or a part of it')
  if (ancestors.length + 1 + height > TREE_DEPTH_MAX)
    return invalid('/parentId', 'too_deep', `would be deeper than ${TREE_DEPTH_MAX} levels`)
  if (children >= CHILDREN_MAX) return invalid('/parentId', 'too_many', `has ${CHILDREN_MAX} parts already`)
}

/** The two ends as they are stored: a link without direction has one form only. Ids grow with time. */
export const endsOf = (kind: LinkKind, fromId: string, toId: string): { fromId: string; toId: string } =>
  kind === 'relates' && toId < fromId ? { fromId: toId, toId: fromId } : { fromId, toId }
