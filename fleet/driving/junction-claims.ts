import { elementAt } from '../element-at.ts'
import type { RoadNetwork } from '../roads/road-network.ts'

type Claim = { readonly turn: number; readonly vehicles: Set<number> }

/**
 * Who may turn onto which lane: vehicles that come by one turn, until the last of them is on the
 * lane. So two streams never merge into each other.
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

  /** Whether the lane behind this turn is claimed by nobody, or by those who come the same way. */
  isFree(turn: number): boolean {
    const claim = this.#claimOfLane.get(this.#laneBehind(turn))
    return claim === undefined || claim.turn === turn
  }

  take(vehicle: number, turn: number): void {
    const lane = this.#laneBehind(turn)
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

  #laneBehind(turn: number): number {
    return elementAt(elementAt(this.#network.segments, turn).exits, 0)
  }
}
