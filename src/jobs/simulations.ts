import { advanceSimulation } from '../domain/simulations/advance-simulation.ts'
import { failSimulation } from '../domain/simulations/fail-simulation.ts'
import type { Session } from '../kernel/desk.ts'
import { problemOf } from '../kernel/problems.ts'

/** The job of a simulation: its next step, which enqueues the one behind it. A database that is away is waited for by the queue. */
export const simulator =
  (desk: Session, onError: (error: unknown) => void) =>
  async (job: { simulationId: string; step: number }): Promise<void> => {
    try {
      await desk.execute(advanceSimulation, job)
    } catch (error) {
      const { code } = problemOf(error)
      if (code === 'unavailable') throw error
      // it may have been cleaned up
      if (code === 'simulation_not_found') return
      onError(error)
      await desk.execute(failSimulation, { simulationId: job.simulationId, detail: code })
    }
  }
