import { elementAt } from '../element-at.ts'
import type { RoadNetwork } from '../roads/road-network.ts'

type Claim = { readonly turn: number; readonly vehicles: Set<number> }

/**
 * Which vehicles may turn onto a lane. Only vehicles from one turn may hold a lane, until the last
 * of them has reached it. So two streams of traffic never merge into each other.
 */
export class JunctionClaims {
  readonly #network: RoadNetwork
  readonly #claimOfLane = new Map<number, Claim>()
  readonly #laneOfVehicle = new Map<number, number>()

  constructor(network: RoadNetwork) {
    this.#network = network
  }

  has(vehicle: number): boolean {
    return this.#laneOfVehicle.has(vehicle)
  }

  /** Whether the lane after this turn is unclaimed, or claimed by vehicles from the same turn. */
  isFree(turn: number): boolean {
    const claim = this.#claimOfLane.get(this.#laneAfter(turn))
    return claim === undefined || claim.turn === turn
  }

  take(vehicle: number, turn: number): void {
    const lane = this.#laneAfter(turn)
    const claim = this.#claimOfLane.get(lane) ?? { turn, vehicles: new Set() }
    claim.vehicles.add(vehicle)
    this.#claimOfLane.set(lane, claim)
    this.#laneOfVehicle.set(vehicle, lane)
  }

  release(vehicle: number): void {
    const lane = this.#laneOfVehicle.get(vehicle)
    if (lane === undefined) return
    this.#laneOfVehicle.delete(vehicle)
    const claim = this.#claimOfLane.get(lane)
    claim?.vehicles.delete(vehicle)
    if (claim?.vehicles.size === 0) this.#claimOfLane.delete(lane)
  }

  #laneAfter(turn: number): number {
    return elementAt(elementAt(this.#network.segments, turn).exits, 0)
  }
}
