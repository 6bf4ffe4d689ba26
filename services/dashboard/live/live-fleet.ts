import type { Micros } from '../../telemetry/time.ts'
import type { Reading } from '../../telemetry/reading/reading.ts'
import { isCounted } from '../../telemetry/reading/device-sequence.ts'
import type { SeenSequences } from '../../telemetry/track/sequence-gaps.ts'
import { countGaps, noSequencesSeen, addSeenSequence } from '../../telemetry/track/sequence-gaps.ts'
import type { DeviceLabel, LatestReading, LatestState } from '../../telemetry/track/latest-state.ts'
import { encodeAroundMetadata, isLater } from '../../telemetry/track/latest-state.ts'

/** A reading from the topic. */
export type LiveReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  /** Null if the log id is not known. */
  readonly receipt: string | null
}

/** The devices of the vehicles. */
export type FleetDevices = {
  /** What the state of a vehicle contains of its device. */
  readonly labelOf: (vin: string) => DeviceLabel
  /** Whether its device was removed, and the vehicle has not reported since. */
  readonly isRemoved: (vin: string, receivedAt: Micros) => boolean
}

const noDevices: FleetDevices = { labelOf: () => ({}), isRemoved: () => false }

/** Limit of vins that are remembered after the fleet has forgotten their vehicles. */
const maxForgotten = 2_000

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
 * order and number of times in which readings arrive. Above `maxVehicles` it forgets the vehicle
 * that reported least recently. A vehicle whose device was removed is hidden until it reports again.
 */
export class LiveFleet {
  /** The vehicle that reported most recently is the last. */
  readonly #vehicles = new Map<string, TrackedVehicle>()
  /** The vehicles whose devices were removed. No vehicle is in both maps. */
  readonly #hidden = new Map<string, TrackedVehicle>()
  readonly #maxVehicles: number
  readonly #devices: FleetDevices
  /** Increases with each change. */
  #version = 0
  /** The vehicles forgotten last, each with the version of the fleet at that time. */
  #forgotten: { readonly vin: string; readonly version: number }[] = []

  constructor(maxVehicles: number, devices = noDevices) {
    this.#maxVehicles = maxVehicles
    this.#devices = devices
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
    const [before, after] = (vehicle.json ??= encodeAroundMetadata(
      vehicle.state,
      this.#devices.labelOf(vin),
    ))
    return `${before}${vehicle.state.metadata ?? 'null'}${after}`
  }

  /** Applies a reading that a vehicle has reported. */
  apply({ reading, receivedAt, receipt }: LiveReading): void {
    const { vin, sequence } = reading
    const vehicle = this.#find(vin)
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
    const vehicle = this.#find(vin)
    if (vehicle !== undefined && !isLater(reading, vehicle.state)) return
    const seen = vehicle?.seen ?? addSequence(noSequencesSeen, sequence, true)
    const state = { ...reading, receipt: null, gaps: countGaps(seen) }
    this.#store(vin, { state, seen, ...this.#nextVersion() })
  }

  /** Applies changes of the devices of these vehicles; undefined: of all. */
  applyDevices(vins: Iterable<string> | undefined): void {
    for (const vin of vins ?? [...this.#vehicles.keys(), ...this.#hidden.keys()]) {
      const vehicle = this.#find(vin)
      if (vehicle === undefined) continue
      const changed = { ...vehicle, ...this.#nextVersion() }
      const isShown = this.#vehicles.has(vin) && !this.#isHidden(vehicle.state)
      // A vehicle that stays shown keeps its place in the map.
      if (isShown) this.#vehicles.set(vin, changed)
      else this.#store(vin, changed)
    }
  }

  #find(vin: string): TrackedVehicle | undefined {
    return this.#vehicles.get(vin) ?? this.#hidden.get(vin)
  }

  #isHidden({ vin, receivedAt }: LatestState): boolean {
    return this.#devices.isRemoved(vin, receivedAt)
  }

  #nextVersion() {
    this.#version += 1
    return { version: this.#version, json: undefined }
  }

  #store(vin: string, vehicle: TrackedVehicle): void {
    // Deleted first, so that it becomes the last entry of the map.
    this.#vehicles.delete(vin)
    this.#hidden.delete(vin)
    const vehicles = this.#isHidden(vehicle.state) ? this.#hidden : this.#vehicles
    vehicles.set(vin, vehicle)
    if (vehicles.size > this.#maxVehicles) this.#forgetOldest(vehicles)
  }

  #forgetOldest(vehicles: Map<string, TrackedVehicle>): void {
    const [vin] = vehicles.keys()
    if (vin === undefined) return
    vehicles.delete(vin)
    this.#forgotten.push({ vin, version: this.#nextVersion().version })
    if (this.#forgotten.length > maxForgotten)
      this.#forgotten = this.#forgotten.slice(-maxForgotten / 2)
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

  /** The vins that were hidden or forgotten after `version`; the forgotten ones among the last `maxForgotten`. */
  removedSince(version: number): string[] {
    const removed = this.#forgotten.filter((vehicle) => vehicle.version > version)
    const vins = removed.map(({ vin }) => vin).filter((vin) => !this.#vehicles.has(vin))
    for (const [vin, vehicle] of this.#hidden) if (vehicle.version > version) vins.push(vin)
    return vins
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
