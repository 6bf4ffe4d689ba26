import type { Reading } from '../../telemetry/reading/reading.ts'
import type { SeenSequences } from '../../telemetry/track/sequence-gaps.ts'
import { countGaps, noSequencesSeen, addSeenSequence } from '../../telemetry/track/sequence-gaps.ts'
import type { LatestReading, LatestState } from '../../telemetry/track/latest-state.ts'
import { encodeAroundMetadata, isLater } from '../../telemetry/track/latest-state.ts'

/** A reading as the log has it. */
export type LiveReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: number
  /** Null where the number of the log is not known. */
  readonly receipt: string | null
}

/** How many of those that had to go are remembered. */
const maxRemoved = 2_000

type Vehicle = {
  state: LatestState
  seen: SeenSequences
  /** That of the fleet when the state last changed. */
  version: number
  /** The state as JSON around its metadata, once somebody has asked for it. */
  json: readonly [before: string, after: string] | undefined
}

/**
 * Where every vehicle is now: the latest reading of each by its own clock, in whatever order readings
 * come, and however often. Knows so many vehicles and no more: the one least recently heard of goes.
 */
export class LiveFleet {
  /** In the order in which they were last heard of. */
  readonly #vehicles = new Map<string, Vehicle>()
  readonly #maxVehicles: number
  /** Grows with each change. */
  #version = 0
  /** Those that had to go, each with the version of the fleet then: the last ones only. */
  #gone: { readonly vin: string; readonly version: number }[] = []

  constructor(maxVehicles: number) {
    this.#maxVehicles = maxVehicles
  }

  get size(): number {
    return this.#vehicles.size
  }

  get(vin: string): LatestState | undefined {
    return this.#vehicles.get(vin)?.state
  }

  /** In the order in which they were last heard of. */
  states(): LatestState[] {
    return Array.from(this.#vehicles.values(), ({ state }) => state)
  }

  /** Some of the vehicles that were heard of last. */
  recentVins(count: number): string[] {
    return [...this.#vehicles.keys()].slice(-count)
  }

  /**
   * A vehicle's state as JSON, made once for all who want it but for its metadata, which is kept only
   * once; undefined for one not known.
   */
  stateJson(vin: string): string | undefined {
    const vehicle = this.#vehicles.get(vin)
    if (vehicle === undefined) return undefined
    const [before, after] = (vehicle.json ??= encodeAroundMetadata(vehicle.state))
    return `${before}${vehicle.state.metadata ?? 'null'}${after}`
  }

  /** Notes what a vehicle has reported. */
  apply({ reading, receivedAt, receipt }: LiveReading): void {
    const { vin, sequence } = reading
    const vehicle = this.#vehicles.get(vin)
    const isNewest = vehicle === undefined || isLater(reading, vehicle.state)
    const seen = addSequence(vehicle?.seen ?? noSequencesSeen, sequence, isNewest)
    const gaps = countGaps(seen)
    const state =
      vehicle !== undefined && !isNewest
        ? withGaps(vehicle.state, gaps)
        : { ...reading, metadata: encodeMetadata(reading.metadata), receivedAt, receipt, gaps }
    const isChange = state !== vehicle?.state
    this.#keep(vin, isChange ? { state, seen, ...this.#changed() } : { ...vehicle, seen })
  }

  /** Notes what the table knows; what has been heard meanwhile stays where it is later. */
  restore(reading: LatestReading): void {
    const { vin, sequence } = reading
    const vehicle = this.#vehicles.get(vin)
    if (vehicle !== undefined && !isLater(reading, vehicle.state)) return
    const seen = vehicle?.seen ?? addSequence(noSequencesSeen, sequence, true)
    const state = { ...reading, receipt: null, gaps: countGaps(seen) }
    this.#keep(vin, { state, seen, ...this.#changed() })
  }

  #changed() {
    this.#version += 1
    return { version: this.#version, json: undefined }
  }

  #keep(vin: string, vehicle: Vehicle): void {
    // Deleted first, so that it becomes the last of the map.
    this.#vehicles.delete(vin)
    this.#vehicles.set(vin, vehicle)
    if (this.#vehicles.size > this.#maxVehicles) this.#forgetOne()
  }

  #forgetOne(): void {
    const [vin] = this.#vehicles.keys()
    if (vin === undefined) return
    this.#vehicles.delete(vin)
    this.#gone.push({ vin, version: this.#changed().version })
    if (this.#gone.length > maxRemoved) this.#gone = this.#gone.slice(-maxRemoved / 2)
  }

  get version(): number {
    return this.#version
  }

  /** The vehicles whose state has changed after a version; all of them after version -1. */
  changedSince(version: number): string[] {
    const changed: string[] = []
    for (const [vin, vehicle] of this.#vehicles) if (vehicle.version > version) changed.push(vin)
    return changed
  }

  /** The vehicles that had to go after a version, as far as that is still known. */
  removedSince(version: number): string[] {
    const gone = this.#gone.filter((each) => each.version > version)
    return gone.map(({ vin }) => vin).filter((vin) => !this.#vehicles.has(vin))
  }
}

/** Vehicles that number nothing send 0 each time. */
function addSequence(seen: SeenSequences, sequence: number, isNewest: boolean): SeenSequences {
  return sequence === 0 ? seen : addSeenSequence(seen, sequence, isNewest)
}

function withGaps(state: LatestState, gaps: number): LatestState {
  return state.gaps === gaps ? state : { ...state, gaps }
}

function encodeMetadata(metadata: Reading['metadata']): string | null {
  return metadata === null ? null : JSON.stringify(metadata)
}
