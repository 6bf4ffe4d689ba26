import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { elementAt } from '../element-at.ts'
import { modelOf } from '../models.ts'
import type { NextSequence, ReadingSource } from '../reading-source.ts'
import { toVin } from '../vin.ts'
import type { Fix } from './fix.ts'

export type ReplayOptions = {
  /** One or more, in the order of their times. */
  readonly fixes: readonly Fix[]
  /** Which vehicle of the seed is the first. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer. */
  readonly seed: number
  /** When the first vehicle sets out, in microseconds since the Unix epoch. */
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
  /** How many fixes have been taken. */
  taken: number
}

/** Microseconds by which a clock may be set back without a change of the drive. */
const toleratedStep = 5_000_000

/**
 * A recorded drive, driven again by every vehicle: fixes as they are, times shifted to now with
 * their spacing kept to the microsecond. The vehicles set out one after the other within the
 * first report interval.
 */
export class ReplayedDrives implements ReadingSource {
  readonly #fixes: readonly Fix[]
  readonly #replays: readonly Replay[]
  /** When readings were last taken. */
  #last: number

  constructor(options: ReplayOptions) {
    const { fixes, firstVehicle, numVehicles, reportIntervalSeconds, seed, start } = options
    const { nextSequence } = options
    const apart = (reportIntervalSeconds * 1_000_000) / numVehicles
    const shift = start - elementAt(fixes, 0).recordedAt
    this.#fixes = fixes
    this.#last = start
    this.#replays = Array.from({ length: numVehicles }, (_, index) => {
      const { make, model, wmi } = modelOf(firstVehicle + index)
      const vin = toVin(wmi, seed, firstVehicle + index)
      const firstSequence = nextSequence(vin)
      return { vin, make, model, shift: shift + Math.round(index * apart), firstSequence, taken: 0 }
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

  takeDue(now: number): Reading[] {
    this.#followClock(now)
    const readings = this.#replays.flatMap((replay) => this.#takeDueOf(replay, now))
    return readings.sort((a, b) => a.recordedAt - b.recordedAt)
  }

  /** Where the clock was set back the drive goes on from there, and does not wait for the old time. */
  #followClock(now: number): void {
    const setBack = this.#last - now
    if (setBack > toleratedStep) for (const replay of this.#replays) replay.shift -= setBack
    this.#last = now
  }

  #dueOf({ shift, taken }: Replay): number | undefined {
    const fix = this.#fixes[taken]
    return fix && fix.recordedAt + shift
  }

  #takeDueOf(replay: Replay, now: number): Reading[] {
    const readings: Reading[] = []
    const { vin, make, model, shift, firstSequence } = replay
    while ((this.#dueOf(replay) ?? Infinity) <= now) {
      const { recordedAt, ...fix } = elementAt(this.#fixes, replay.taken)
      readings.push({
        vin,
        recordedAt: recordedAt + shift,
        sequence: firstSequence + replay.taken,
        ...fix,
        make,
        model,
        metadata: null,
      })
      replay.taken += 1
    }
    return readings
  }
}
