import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import type { Lane, RoadNetwork, Segment } from '../roads/road-network.ts'
import type { Leader } from './intelligent-driver-model.ts'
import { JunctionClaims } from './junction-claims.ts'
import { isGreen } from './signal.ts'
import type { TrafficView, DrivingState } from './vehicle.ts'
import { step } from './vehicle.ts'

export type TrafficVehicle = {
  readonly state: DrivingState
  /** Bumper to bumper, in metres. */
  readonly length: number
  /** The driver's random stream, which chooses the route. */
  readonly random: Random
}

export type Instant = {
  /** Seconds since the vehicle's last step. */
  readonly dt: number
  /** Seconds since the simulation began. */
  readonly time: number
}

/** In m/s². A driver who would have to brake harder than this passes a light that turns red. */
const maxBrakingForRedLight = 3.5

/**
 * All vehicles of a town: their order on each segment, and which may enter a junction. There is no
 * overtaking, so the vehicles of a segment are a queue, the foremost first.
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

  /** Advances one vehicle by `dt`; returns its new state. */
  advance(index: number, { dt, time }: Instant): DrivingState {
    const before = this.state(index)
    const { random } = elementAt(this.#vehicles, index)
    const after = step(before, dt, { view: this.#viewOf(index, time), random })
    this.#states[index] = after
    if (after.segment !== before.segment) this.#move(index, before, after)
    return after
  }

  /** The gap to the vehicle ahead and its speed; undefined if none is near. */
  leader(index: number): Leader | undefined {
    const state = this.state(index)
    const queue = this.#queue(state.segment)
    const ahead = queue[queue.indexOf(index) - 1]
    if (ahead !== undefined) return this.#gapTo(ahead, -state.offset)
    return this.#leaderBeyond(state)
  }

  #viewOf(index: number, time: number): TrafficView {
    const leader = this.leader(index)
    const lineClosed = !this.#mayPassLine(index, time)
    return { network: this.#network, lineClosed, ...(leader && { leader }) }
  }

  /** The nearest vehicle on the next segments, or one whose tail is still on this segment. */
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

  /** The last vehicle of the next segment. If that is an empty turn: of the lane after it. */
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

  /** The stop line applies only to the foremost vehicle of a lane. The others follow their leader. */
  #mayPassLine(index: number, time: number): boolean {
    const state = this.state(index)
    const segment = this.#segment(state.segment)
    if (segment.kind === 'turn' || this.#queue(segment.id)[0] !== index) return true
    if (this.#claims.has(index)) return true
    const turn = this.#segment(state.next)
    const open = this.#isPermitted(segment, state, time) && this.#claims.isFree(turn.id)
    if (!open || !this.#hasRoomAfter(turn)) return false
    const claimReach = 10 + state.speed ** 2 / 4
    if (segment.path.length - state.offset < claimReach) this.#claims.take(index, turn.id)
    return true
  }

  #isPermitted(lane: Lane, state: DrivingState, time: number): boolean {
    switch (lane.control) {
      case 'none':
        return true
      case 'stop-sign':
        return state.waitedSeconds >= state.stopSeconds
      case 'signal': {
        const remaining = lane.path.length - state.offset
        return isGreen(lane, time) || state.speed ** 2 > 2 * maxBrakingForRedLight * remaining
      }
    }
  }

  /** A vehicle enters a junction only if it can leave it. */
  #hasRoomAfter(turn: Segment): boolean {
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
