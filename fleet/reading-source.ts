import type { Reading } from '../services/telemetry/reading/reading.ts'

/** The first sequence of a vehicle that no reading of an earlier start has had. */
export type NextSequence = (vin: string) => number

/** Where a fleet's readings come from: simulated driving, or a recorded drive. */
export interface ReadingSource {
  readonly vins: readonly string[]
  /**
   * The readings that have become due since the last call, the oldest first.
   *
   * @param now microseconds since the Unix epoch
   */
  takeDue(now: number): Reading[]
  /** Microseconds since the Unix epoch at which the next is due; undefined after the last. */
  readonly nextDue: number | undefined
}
