import type { Micros } from '../../telemetry/time.ts'
import type { DeviceLabel, LatestReading, LatestState } from '../../telemetry/track/latest-state.ts'
import type { LiveReading } from './tracked-vehicle.ts'
import { TrackedVehicle } from './tracked-vehicle.ts'

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

  /** The state of a vehicle. It changes with the next reading. */
  get(vin: string): LatestState | undefined {
    return this.#vehicles.get(vin)?.state
  }

  /** The vehicle that reported most recently is the last. A state changes with the next reading. */
  states(): LatestState[] {
    return Array.from(this.#vehicles.values(), ({ state }) => state)
  }

  /** Up to `count` vehicles that reported most recently. */
  recentVins(count: number): string[] {
    return [...this.#vehicles.keys()].slice(-count)
  }

  /** A vehicle's state as JSON; undefined for an unknown vehicle. */
  stateJson(vin: string): string | undefined {
    return this.#vehicles.get(vin)?.toJson(this.#devices.labelOf)
  }

  /** Applies a reading that a vehicle has reported. */
  apply(live: LiveReading): void {
    const known = this.#find(live.reading.vin)
    const vehicle = known ?? TrackedVehicle.ofLive(live)
    const isChange = known === undefined || known.apply(live)
    if (isChange) vehicle.version = this.#nextVersion()
    this.#store(vehicle)
  }

  /** Applies a reading from the table. A later reading that was already applied stays. */
  restore(reading: LatestReading): void {
    const known = this.#find(reading.vin)
    if (known?.restore(reading) === false) return
    const vehicle = known ?? TrackedVehicle.ofStored(reading)
    vehicle.version = this.#nextVersion()
    this.#store(vehicle)
  }

  /** Applies changes of the devices of these vehicles; undefined: of all. */
  applyDevices(vins: Iterable<string> | undefined): void {
    for (const vin of vins ?? [...this.#vehicles.keys(), ...this.#hidden.keys()]) {
      const vehicle = this.#find(vin)
      if (vehicle === undefined) continue
      vehicle.forgetJson()
      vehicle.version = this.#nextVersion()
      // A vehicle that stays shown keeps its place in the map.
      const isShown = this.#vehicles.has(vin) && !this.#isHidden(vehicle.state)
      if (!isShown) this.#store(vehicle)
    }
  }

  #find(vin: string): TrackedVehicle | undefined {
    return this.#vehicles.get(vin) ?? this.#hidden.get(vin)
  }

  #isHidden({ vin, receivedAt }: LatestState): boolean {
    return this.#devices.isRemoved(vin, receivedAt)
  }

  #nextVersion(): number {
    this.#version += 1
    return this.#version
  }

  #store(vehicle: TrackedVehicle): void {
    const { vin } = vehicle.state
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
    this.#forgotten.push({ vin, version: this.#nextVersion() })
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
