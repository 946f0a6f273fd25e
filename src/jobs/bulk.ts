import { advanceBulkChange } from '../domain/bulk/advance-bulk-change.ts'
import { failBulkChange } from '../domain/bulk/fail-bulk-change.ts'
import type { Session } from '../kernel/desk.ts'
import { problemOf } from '../kernel/problems.ts'

/** The job of a bulk change: its next step, which enqueues the one behind it. A database that is away is waited for by the queue. */
export const bulkChanger =
  (desk: Session, onError: (error: unknown) => void) =>
  async (job: { jobId: string; step: number }): Promise<void> => {
    try {
      await desk.execute(advanceBulkChange, job)
    } catch (error) {
      const { code } = problemOf(error)
      if (code === 'unavailable') throw error
      // it may have been cleaned up
      if (code === 'job_not_found') return
      onError(error)
      await desk.execute(failBulkChange, { jobId: job.jobId, detail: code })
    }
  }
