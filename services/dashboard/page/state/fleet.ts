import type { Millis } from '../../../telemetry/time.ts'
import type { Vehicle } from '../../api/vehicles.ts'
import type { AgeLimits } from '../../../telemetry/track/latest-state.ts'
import { formatModel } from './format.ts'
import type { VehicleActivity } from './vehicle-activity.ts'
import { isNewer, isEqual, stateOf } from './vehicle-activity.ts'

/** A vehicle in the page's state. */
export type KnownVehicle = {
  readonly vehicle: Vehicle
  /** Milliseconds since the Unix epoch. */
  readonly recordedAt: Millis
  /** The lower-case text that a search matches. */
  readonly searchText: string
}

/**
 * All vehicles that the stream has reported, each with its latest reading. An earlier recording never
 * replaces a later one, in whichever order they arrive.
 */
export class Fleet {
  readonly #vehicles = new Map<string, KnownVehicle>()
  #revision = 0
  /** Vins of the snapshot that is being received. */
  #snapshot: Set<string> | undefined

  /** Changes whenever a vehicle is added, removed or renamed. */
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

  /** Merges readings. Returns the vehicles that changed: a late reading may change the gaps of a vehicle. */
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

  /** Starts a snapshot, which contains every existing vehicle. */
  beginSnapshot(): void {
    this.#snapshot = new Set()
  }

  /** Ends the snapshot: removes vehicles that are not in it and returns their vins. */
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

  /** The number of vehicles in each state. */
  countStates(now: Millis, limits: AgeLimits): Record<VehicleActivity, number> {
    const counts = { moving: 0, standing: 0, stale: 0, silent: 0 }
    for (const known of this.#vehicles.values()) counts[stateAt(known, now, limits)] += 1
    return counts
  }
}

/** @param now milliseconds since the Unix epoch, by the server's clock */
export function stateAt(known: KnownVehicle, now: Millis, limits: AgeLimits): VehicleActivity {
  return stateOf(known.vehicle.speed, now - known.recordedAt, limits)
}

/** A restarted dashboard reads the latest readings from the table, which has no receipts. */
function keepReceipt(received: Vehicle, last: Vehicle): Vehicle {
  if (received.receipt !== null || isNewer(received, last)) return received
  return { ...received, receipt: last.receipt }
}

function toKnown(vehicle: Vehicle): KnownVehicle {
  const { name, vin, aliases = [], recordedAt } = vehicle
  const texts = [name, formatModel(vehicle), vin, ...aliases].filter(Boolean)
  return {
    vehicle,
    recordedAt: Date.parse(recordedAt),
    searchText: texts.join(' ').toLowerCase(),
  }
}

export type VehicleFilter = {
  /** Every word must occur in name, vin, an alias, make or model. */
  readonly query: string
  /** Empty = all states. */
  readonly states: readonly VehicleActivity[]
}

/** Whether a vehicle in this state matches a filter. */
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

/** Compares the shown names, then what else is searched. This order does not change while vehicles drive. */
export function byName(a: KnownVehicle, b: KnownVehicle): number {
  return a.searchText < b.searchText ? -1 : a.searchText > b.searchText ? 1 : 0
}
