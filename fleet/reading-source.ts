import type { Micros } from '../services/telemetry/time.ts'
import type { Reading } from '../services/telemetry/reading/reading.ts'

/** Returns the first sequence of a vehicle that was not used before this start. */
export type NextSequence = (vin: string) => number

/** The source of a fleet's readings: simulated drives or a recorded drive. */
export interface ReadingSource {
  readonly vins: readonly string[]
  /**
   * Returns the readings that became due since the last call, the oldest first.
   *
   * @param now microseconds since the Unix epoch
   */
  takeDue(now: Micros): Reading[]
  /** When the next reading is due, in microseconds since the Unix epoch; undefined after the last. */
  readonly nextDue: number | undefined
}
