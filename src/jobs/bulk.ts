import { advanceBulkChange } from '../domain/bulk/advance-bulk-change.ts'
import { failBulkChange } from '../domain/bulk/fail-bulk-change.ts'
import { advanceErasure } from '../domain/erasure/advance-erasure.ts'
import type { Session } from '../kernel/desk.ts'
import { problemOf } from '../kernel/problems.ts'
import { isTransient } from '../kernel/runs.ts'

type Step = { jobId: string; step: number }

/** A job of many steps: its next step, which enqueues the one behind it. A database that is away or too busy is waited for by the queue. */
const stepper =
  (desk: Session, advance: (step: Step) => Promise<unknown>, onError: (error: unknown) => void) =>
  async (step: Step): Promise<void> => {
    try {
      await advance(step)
    } catch (error) {
      const { code } = problemOf(error)
      if (code === 'unavailable' || isTransient(error)) throw error
      // it may have been cleaned up
      if (code === 'job_not_found') return
      onError(error)
      await desk.execute(failBulkChange, { jobId: step.jobId, detail: code })
    }
  }

export const bulkChanger = (desk: Session, onError: (error: unknown) => void) =>
  stepper(desk, (step) => desk.execute(advanceBulkChange, step), onError)

export const eraser = (desk: Session, onError: (error: unknown) => void) =>
  stepper(desk, (step) => desk.execute(advanceErasure, step), onError)
