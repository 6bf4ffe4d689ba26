import type { Vehicle } from '../../api/vehicles.ts'
import type { AgeLimits } from '../../../telemetry/track/latest-state.ts'
import type { VehicleActivity } from './vehicle-activity.ts'
import { isNewer, isEqual, stateOf } from './vehicle-activity.ts'

/** A vehicle as the page knows it. */
export type KnownVehicle = {
  readonly vehicle: Vehicle
  /** Milliseconds since the Unix epoch. */
  readonly recordedAt: number
  /** What a search looks in. */
  readonly searchText: string
}

/**
 * All vehicles that the stream has told of, each with its latest reading: what was recorded earlier
 * never replaces what was recorded later, in whichever order they arrive.
 */
export class Fleet {
  readonly #vehicles = new Map<string, KnownVehicle>()
  #revision = 0
  /** Vins of the snapshot that is arriving. */
  #snapshot: Set<string> | undefined

  /** Another number whenever vehicles have come, gone or got another name. */
  get revision(): number {
    return this.#revision
  }

  get size(): number {
    return this.#vehicles.size
  }

  get(vin: string): KnownVehicle | undefined {
    return this.#vehicles.get(vin)
  }

  values(): IterableIterator<KnownVehicle> {
    return this.#vehicles.values()
  }

  /** Takes readings over; returns those that changed something: late ones fill gaps of the last. */
  merge(vehicles: readonly Vehicle[]): KnownVehicle[] {
    const changed: KnownVehicle[] = []
    for (const received of vehicles) {
      this.#snapshot?.add(received.vin)
      const last = this.#vehicles.get(received.vin)
      const vehicle = last ? keepReceipt(received, last.vehicle) : received
      if (last && (isNewer(last.vehicle, vehicle) || isEqual(last.vehicle, vehicle))) continue
      const known = toKnown(vehicle)
      if (known.searchText !== last?.searchText) this.#revision += 1
      this.#vehicles.set(vehicle.vin, known)
      changed.push(known)
    }
    return changed
  }

  /** A connection has begun: its snapshot names every vehicle there is. */
  beginSnapshot(): void {
    this.#snapshot = new Set()
  }

  /** The snapshot is whole: vehicles that it does not name are gone. Returns their vins. */
  endSnapshot(): string[] {
    const snapshotVins = this.#snapshot
    this.#snapshot = undefined
    if (!snapshotVins) return []
    const gone = [...this.#vehicles.keys()].filter((vin) => !snapshotVins.has(vin))
    this.remove(gone)
    return gone
  }

  remove(vins: readonly string[]): void {
    for (const vin of vins) if (this.#vehicles.delete(vin)) this.#revision += 1
  }

  /** How many vehicles are in each state. */
  countStates(now: number, limits: AgeLimits): Record<VehicleActivity, number> {
    const counts = { moving: 0, standing: 0, stale: 0, silent: 0 }
    for (const known of this.#vehicles.values()) counts[stateAt(known, now, limits)] += 1
    return counts
  }
}

/** @param now milliseconds since the Unix epoch, by the server's clock */
export function stateAt(known: KnownVehicle, now: number, limits: AgeLimits): VehicleActivity {
  return stateOf(known.vehicle.speed, now - known.recordedAt, limits)
}

/** A dashboard that has started anew knows readings from the table, which has no receipts. */
function keepReceipt(received: Vehicle, last: Vehicle): Vehicle {
  if (received.receipt !== null || isNewer(received, last)) return received
  return { ...received, receipt: last.receipt }
}

function toKnown(vehicle: Vehicle): KnownVehicle {
  const { vin, make, model, recordedAt } = vehicle
  const searchText = `${make ?? ''} ${model ?? ''} ${vin}`.toLowerCase()
  return { vehicle, recordedAt: Date.parse(recordedAt), searchText }
}

export type VehicleFilter = {
  /** Words that all must be found in vin, make or model. */
  readonly query: string
  /** None means all. */
  readonly states: readonly VehicleActivity[]
}

/** Whether a filter lets a vehicle through that is in this state. */
export function matchesFilter(
  known: KnownVehicle,
  state: VehicleActivity,
  filter: VehicleFilter,
): boolean {
  if (filter.states.length > 0 && !filter.states.includes(state)) return false
  return wordsOf(filter.query).every((word) => known.searchText.includes(word))
}

function wordsOf(query: string): string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean)
}

/** By make and model, then vin, so that rows stay where they are while vehicles drive. */
export function byName(a: KnownVehicle, b: KnownVehicle): number {
  return a.searchText < b.searchText ? -1 : a.searchText > b.searchText ? 1 : 0
}
