import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import type { Lane, RoadNetwork, Segment } from '../roads/road-network.ts'
import type { Leader } from './idm.ts'
import { JunctionClaims } from './junction-claims.ts'
import { isGreen } from './signal.ts'
import type { TrafficView, DrivingState } from './vehicle.ts'
import { step } from './vehicle.ts'

export type TrafficVehicle = {
  readonly state: DrivingState
  /** Bumper to bumper, in metres. */
  readonly length: number
  /** The driver's own stream: chooses the way. */
  readonly random: Random
}

export type Instant = {
  /** Seconds since the vehicle's last step. */
  readonly dt: number
  /** Seconds since the simulation began. */
  readonly time: number
}

/** Metres a second squared of braking that a driver spares himself for a light gone red. */
const hardForALight = 3.5

/**
 * All vehicles of a town: who is behind whom, and who may enter a junction. Lanes are single:
 * nobody overtakes, so a segment's vehicles are a queue, the foremost first.
 */
export class Traffic {
  readonly #network: RoadNetwork
  readonly #vehicles: readonly TrafficVehicle[]
  readonly #states: DrivingState[]
  readonly #queues: number[][]
  readonly #claims: JunctionClaims

  constructor(network: RoadNetwork, vehicles: readonly TrafficVehicle[]) {
    this.#network = network
    this.#vehicles = vehicles
    this.#states = vehicles.map(({ state }) => state)
    this.#queues = network.segments.map(() => [])
    this.#claims = new JunctionClaims(network)
    const foremostFirst = [...this.#states.entries()].sort(([, a], [, b]) => b.offset - a.offset)
    for (const [index, { segment }] of foremostFirst) this.#queue(segment).push(index)
  }

  state(index: number): DrivingState {
    return elementAt(this.#states, index)
  }

  /** Moves one vehicle on; gives back its new state. */
  advance(index: number, { dt, time }: Instant): DrivingState {
    const before = this.state(index)
    const { random } = elementAt(this.#vehicles, index)
    const after = step(before, dt, { around: this.#surroundings(index, time), random })
    this.#states[index] = after
    if (after.segment !== before.segment) this.#move(index, before, after)
    return after
  }

  /** Metres to the vehicle ahead and its speed, or undefined where none is near. */
  leader(index: number): Leader | undefined {
    const state = this.state(index)
    const queue = this.#queue(state.segment)
    const ahead = queue[queue.indexOf(index) - 1]
    if (ahead !== undefined) return this.#gapTo(ahead, -state.offset)
    return this.#leaderBeyond(state)
  }

  #surroundings(index: number, time: number): TrafficView {
    const leader = this.leader(index)
    const lineClosed = !this.#mayPassLine(index, time)
    return { network: this.#network, lineClosed, ...(leader && { leader }) }
  }

  /** The nearest vehicle on the next segments, or one whose tail is still on this. */
  #leaderBeyond(state: DrivingState): Leader | undefined {
    const { path, exits } = this.#segment(state.segment)
    const remaining = path.length - state.offset
    let nearest = this.#leaderOnTheWay(this.#segment(state.next), remaining)
    for (const exit of exits) {
      const leader = this.#lastOn(exit, remaining)
      const isTailHere = leader !== undefined && leader.gap < remaining
      if (isTailHere && leader.gap < (nearest?.gap ?? Infinity)) nearest = leader
    }
    return nearest
  }

  /** The last vehicle of the next segment, or of the lane behind it where that is an empty turn. */
  #leaderOnTheWay(next: Segment, distance: number): Leader | undefined {
    const leader = this.#lastOn(next.id, distance)
    if (leader !== undefined || next.kind === 'lane') return leader
    return this.#lastOn(next.exits[0], distance + next.path.length)
  }

  /** @param distance metres from the follower's front to the start of the segment */
  #lastOn(segment: number, distance: number): Leader | undefined {
    const last = this.#queue(segment).at(-1)
    return last === undefined ? undefined : this.#gapTo(last, distance)
  }

  #gapTo(index: number, distance: number): Leader {
    const { offset, speed } = this.state(index)
    return { gap: distance + offset - elementAt(this.#vehicles, index).length, speed }
  }

  /** Only the foremost of a lane minds its line; those behind mind their leader. */
  #mayPassLine(index: number, time: number): boolean {
    const state = this.state(index)
    const segment = this.#segment(state.segment)
    if (segment.kind === 'turn' || this.#queue(segment.id)[0] !== index) return true
    if (this.#claims.has(index)) return true
    const turn = this.#segment(state.next)
    const open = this.#isPermitted(segment, state, time) && this.#claims.isFree(turn.id)
    if (!open || !this.#hasRoomBehind(turn)) return false
    const claimReach = 10 + state.speed ** 2 / 4
    if (segment.path.length - state.offset < claimReach) this.#claims.take(index, turn.id)
    return true
  }

  #isPermitted(lane: Lane, state: DrivingState, time: number): boolean {
    switch (lane.control) {
      case 'none':
        return true
      case 'stop-sign':
        return state.waited >= state.patience
      case 'signal': {
        const remaining = lane.path.length - state.offset
        return isGreen(lane, time) || state.speed ** 2 > 2 * hardForALight * remaining
      }
    }
  }

  /** Nobody enters a junction that he could not leave. */
  #hasRoomBehind(turn: Segment): boolean {
    const last = this.#queue(elementAt(turn.exits, 0)).at(-1)
    if (last === undefined || this.state(last).speed > 3) return true
    return this.#gapTo(last, 0).gap > 8 * (1 + this.#queue(turn.id).length)
  }

  #move(index: number, before: DrivingState, after: DrivingState): void {
    this.#queue(before.segment).shift()
    this.#queue(after.segment).push(index)
    if (this.#segment(after.segment).kind === 'lane') this.#claims.release(index)
  }

  #segment(id: number): Segment {
    return elementAt(this.#network.segments, id)
  }

  #queue(segment: number): number[] {
    return elementAt(this.#queues, segment)
  }
}
