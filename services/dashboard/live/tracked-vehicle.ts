import type { Micros } from '../../telemetry/time.ts'
import { isCounted } from '../../telemetry/reading/device-sequence.ts'
import type { Reading } from '../../telemetry/reading/reading.ts'
import type { DeviceLabel, LatestReading, LatestState } from '../../telemetry/track/latest-state.ts'
import { encodeAroundMetadata, isLater } from '../../telemetry/track/latest-state.ts'
import { SeenSequences } from '../../telemetry/track/sequence-gaps.ts'

/** A reading from the topic. */
export type LiveReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  /** Null if the log id is not known. */
  readonly receipt: string | null
}

type Changing<Fields> = { -readonly [Field in keyof Fields]: Fields[Field] }

/**
 * The current state of one vehicle: its latest reading, receipt and sequence gaps. Readings change
 * it in place: to make new objects for each reading took half of the time of the live view.
 */
export class TrackedVehicle {
  /** The version of the fleet when the state last changed. */
  version = 0
  readonly #state: Changing<LatestState>
  readonly #seen = new SeenSequences()
  /** The state as JSON, without its metadata in the middle. Undefined until it is first requested. */
  #json: readonly [before: string, after: string] | undefined

  private constructor(state: LatestState) {
    this.#state = state
    if (isCounted(state.sequence)) this.#seen.add(state.sequence, true)
  }

  static ofLive({ reading, receivedAt, receipt }: LiveReading): TrackedVehicle {
    const metadata = encodeMetadata(reading.metadata)
    return new TrackedVehicle(toState({ ...reading, metadata, receivedAt }, receipt))
  }

  static ofStored(reading: LatestReading): TrackedVehicle {
    return new TrackedVehicle(toState(reading, null))
  }

  /** The same object each time. It changes with the next reading. */
  get state(): LatestState {
    return this.#state
  }

  /** @returns whether the state has changed */
  apply({ reading, receivedAt, receipt }: LiveReading): boolean {
    const state = this.#state
    const isNewest = isLater(reading, state)
    if (isCounted(reading.sequence)) this.#seen.add(reading.sequence, isNewest)
    const { gaps } = this.#seen
    if (!isNewest && gaps === state.gaps) return false
    state.gaps = gaps
    if (isNewest) {
      copyMeasured(reading, state)
      state.metadata = encodeMetadata(reading.metadata)
      state.receivedAt = receivedAt
      state.receipt = receipt
    }
    this.#json = undefined
    return true
  }

  /**
   * Applies a reading from the table, if it is later. Its sequence number is not added to those that
   * were seen: the readings between them are in the table too.
   *
   * @returns whether the state has changed
   */
  restore(reading: LatestReading): boolean {
    const state = this.#state
    if (!isLater(reading, state)) return false
    copyMeasured(reading, state)
    state.metadata = reading.metadata
    state.receivedAt = reading.receivedAt
    state.receipt = null
    this.#json = undefined
    return true
  }

  /** The next `toJson` encodes the state again. */
  forgetJson(): void {
    this.#json = undefined
  }

  /**
   * The state as JSON. The text around the metadata is encoded once per state and cached. The
   * metadata is inserted on each call, so it is held in memory only once.
   */
  toJson(labelOf: (vin: string) => DeviceLabel): string {
    const state = this.#state
    const [before, after] = (this.#json ??= encodeAroundMetadata(state, labelOf(state.vin)))
    return `${before}${state.metadata ?? 'null'}${after}`
  }
}

/** One literal, so that all states have the same fields in the same order: V8 reads them faster. */
function toState(reading: LatestReading, receipt: string | null): LatestState {
  return {
    vin: reading.vin,
    recordedAt: reading.recordedAt,
    sequence: reading.sequence,
    latitude: reading.latitude,
    longitude: reading.longitude,
    altitude: reading.altitude,
    speed: reading.speed,
    heading: reading.heading,
    make: reading.make,
    model: reading.model,
    metadata: reading.metadata,
    receivedAt: reading.receivedAt,
    receipt,
    gaps: 0,
  }
}

type Measured = Omit<Reading, 'vin' | 'metadata'>

function copyMeasured(from: Measured, to: Changing<Measured>): void {
  to.recordedAt = from.recordedAt
  to.sequence = from.sequence
  to.latitude = from.latitude
  to.longitude = from.longitude
  to.altitude = from.altitude
  to.speed = from.speed
  to.heading = from.heading
  to.make = from.make
  to.model = from.model
}

function encodeMetadata(metadata: Reading['metadata']): string | null {
  return metadata === null ? null : JSON.stringify(metadata)
}
