import type { Micros } from '../../services/telemetry/time.ts'
import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { elementAt } from '../element-at.ts'
import { modelOf } from '../models.ts'
import type { NextSequence, ReadingSource } from '../reading-source.ts'
import { toVin } from '../vin.ts'
import type { Fix } from './fix.ts'

export type ReplayOptions = {
  /** At least one, in ascending order of their times. */
  readonly fixes: readonly Fix[]
  /** Index of the first vehicle within the seed. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer. */
  readonly seed: number
  /** When the first vehicle starts, in microseconds since the Unix epoch. */
  readonly start: number
  readonly nextSequence: NextSequence
}

type Replay = {
  readonly vin: string
  readonly make: string
  readonly model: string
  /** Microseconds from a fix's recorded time to its replayed time. */
  shift: number
  readonly firstSequence: number
  /** Number of fixes taken. */
  taken: number
}

/** A clock can be set back by this much without a change of the replay. */
const toleratedClockStepMicros = 5_000_000

/**
 * Every vehicle replays a recorded drive. The fixes are unchanged; their times are shifted to now,
 * and the spacing is exact to the microsecond. The vehicles start one after another within the
 * first report interval.
 */
export class ReplayedDrives implements ReadingSource {
  readonly #fixes: readonly Fix[]
  readonly #replays: readonly Replay[]
  /** When readings were last taken. */
  #lastTaken: number

  constructor(options: ReplayOptions) {
    const { fixes, firstVehicle, numVehicles, reportIntervalSeconds, seed, start } = options
    const { nextSequence } = options
    const spacingMicros = (reportIntervalSeconds * 1_000_000) / numVehicles
    const shift = start - elementAt(fixes, 0).recordedAt
    this.#fixes = fixes
    this.#lastTaken = start
    this.#replays = Array.from({ length: numVehicles }, (_, index) => {
      const { make, model, wmi } = modelOf(firstVehicle + index)
      const vin = toVin(wmi, seed, firstVehicle + index)
      const firstSequence = nextSequence(vin)
      return {
        vin,
        make,
        model,
        shift: shift + Math.round(index * spacingMicros),
        firstSequence,
        taken: 0,
      }
    })
  }

  get vins(): readonly string[] {
    return this.#replays.map(({ vin }) => vin)
  }

  get nextDue(): number | undefined {
    let next: number | undefined
    for (const replay of this.#replays) {
      const due = this.#dueOf(replay)
      if (due !== undefined && (next === undefined || due < next)) next = due
    }
    return next
  }

  takeDue(now: Micros): Reading[] {
    this.#followClock(now)
    const readings = this.#replays.flatMap((replay) => this.#takeDueOf(replay, now))
    return readings.sort((a, b) => a.recordedAt - b.recordedAt)
  }

  /** If the clock was set back, the replay continues from the new time and does not wait. */
  #followClock(now: Micros): void {
    const setBack = this.#lastTaken - now
    if (setBack > toleratedClockStepMicros)
      for (const replay of this.#replays) replay.shift -= setBack
    this.#lastTaken = now
  }

  #dueOf({ shift, taken }: Replay): number | undefined {
    const fix = this.#fixes[taken]
    return fix && fix.recordedAt + shift
  }

  #takeDueOf(replay: Replay, now: Micros): Reading[] {
    const readings: Reading[] = []
    const { vin, make, model, shift, firstSequence } = replay
    while ((this.#dueOf(replay) ?? Infinity) <= now) {
      const { recordedAt, altitudeReference, ...fix } = elementAt(this.#fixes, replay.taken)
      readings.push({
        vin,
        recordedAt: recordedAt + shift,
        sequence: firstSequence + replay.taken,
        ...fix,
        make,
        model,
        metadata: altitudeReference === undefined ? null : { altitudeReference },
      })
      replay.taken += 1
    }
    return readings
  }
}
