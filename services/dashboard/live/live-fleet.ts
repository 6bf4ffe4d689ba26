import type { Micros } from '../../telemetry/time.ts'
import type { Reading } from '../../telemetry/reading/reading.ts'
import { isCounted } from '../../telemetry/reading/device-sequence.ts'
import type { SeenSequences } from '../../telemetry/track/sequence-gaps.ts'
import { countGaps, noSequencesSeen, addSeenSequence } from '../../telemetry/track/sequence-gaps.ts'
import type { LatestReading, LatestState } from '../../telemetry/track/latest-state.ts'
import { encodeAroundMetadata, isLater } from '../../telemetry/track/latest-state.ts'

/** A reading from the topic. */
export type LiveReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  /** Null if the log id is not known. */
  readonly receipt: string | null
}

/** Limit of removed vins that are remembered. */
const maxRemoved = 2_000

type TrackedVehicle = {
  state: LatestState
  seen: SeenSequences
  /** The version of the fleet when the state last changed. */
  version: number
  /**
   * The state as JSON, without its metadata in the middle. Undefined until it is first requested.
   */
  json: readonly [before: string, after: string] | undefined
}

/**
 * The current state of every vehicle: its reading with the latest `recordedAt`, independent of the
 * order and number of times in which readings arrive. Above `maxVehicles` it removes the vehicle
 * that reported least recently.
 */
export class LiveFleet {
  /** The vehicle that reported most recently is the last. */
  readonly #vehicles = new Map<string, TrackedVehicle>()
  readonly #maxVehicles: number
  /** Increases with each change. */
  #version = 0
  /** The vehicles removed last, each with the version of the fleet at its removal. */
  #removed: { readonly vin: string; readonly version: number }[] = []

  constructor(maxVehicles: number) {
    this.#maxVehicles = maxVehicles
  }

  get size(): number {
    return this.#vehicles.size
  }

  get(vin: string): LatestState | undefined {
    return this.#vehicles.get(vin)?.state
  }

  /** The vehicle that reported most recently is the last. */
  states(): LatestState[] {
    return Array.from(this.#vehicles.values(), ({ state }) => state)
  }

  /** Up to `count` vehicles that reported most recently. */
  recentVins(count: number): string[] {
    return [...this.#vehicles.keys()].slice(-count)
  }

  /**
   * A vehicle's state as JSON; undefined for an unknown vehicle. The text around the metadata is
   * encoded once per state and cached. The metadata is inserted on each call, so it is held in
   * memory only once.
   */
  stateJson(vin: string): string | undefined {
    const vehicle = this.#vehicles.get(vin)
    if (vehicle === undefined) return undefined
    const [before, after] = (vehicle.json ??= encodeAroundMetadata(vehicle.state))
    return `${before}${vehicle.state.metadata ?? 'null'}${after}`
  }

  /** Applies a reading that a vehicle has reported. */
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
    this.#store(vin, isChange ? { state, seen, ...this.#nextVersion() } : { ...vehicle, seen })
  }

  /** Applies a reading from the table. A later reading that was already applied stays. */
  restore(reading: LatestReading): void {
    const { vin, sequence } = reading
    const vehicle = this.#vehicles.get(vin)
    if (vehicle !== undefined && !isLater(reading, vehicle.state)) return
    const seen = vehicle?.seen ?? addSequence(noSequencesSeen, sequence, true)
    const state = { ...reading, receipt: null, gaps: countGaps(seen) }
    this.#store(vin, { state, seen, ...this.#nextVersion() })
  }

  #nextVersion() {
    this.#version += 1
    return { version: this.#version, json: undefined }
  }

  #store(vin: string, vehicle: TrackedVehicle): void {
    // Deleted first, so that it becomes the last entry of the map.
    this.#vehicles.delete(vin)
    this.#vehicles.set(vin, vehicle)
    if (this.#vehicles.size > this.#maxVehicles) this.#removeOldest()
  }

  #removeOldest(): void {
    const [vin] = this.#vehicles.keys()
    if (vin === undefined) return
    this.#vehicles.delete(vin)
    this.#removed.push({ vin, version: this.#nextVersion().version })
    if (this.#removed.length > maxRemoved) this.#removed = this.#removed.slice(-maxRemoved / 2)
  }

  get version(): number {
    return this.#version
  }

  /** The vins whose state has changed after `version`; all vins for version -1. */
  changedSince(version: number): string[] {
    const changed: string[] = []
    for (const [vin, vehicle] of this.#vehicles) if (vehicle.version > version) changed.push(vin)
    return changed
  }

  /** The vins that were removed after `version`, among the `maxRemoved` last ones. */
  removedSince(version: number): string[] {
    const removed = this.#removed.filter((vehicle) => vehicle.version > version)
    return removed.map(({ vin }) => vin).filter((vin) => !this.#vehicles.has(vin))
  }
}

/** Only numbers that the vehicle has counted can have gaps. */
function addSequence(seen: SeenSequences, sequence: number, isNewest: boolean): SeenSequences {
  return isCounted(sequence) ? addSeenSequence(seen, sequence, isNewest) : seen
}

function withGaps(state: LatestState, gaps: number): LatestState {
  return state.gaps === gaps ? state : { ...state, gaps }
}

function encodeMetadata(metadata: Reading['metadata']): string | null {
  return metadata === null ? null : JSON.stringify(metadata)
}
