import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import { between } from '../random.ts'
import { brakingSpeed, safeSpeedAt } from '../roads/path.ts'
import type { RoadNetwork } from '../roads/road-network.ts'
import type { Leader } from './intelligent-driver-model.ts'
import { idmAcceleration, queueGap } from './intelligent-driver-model.ts'

/** The state of a vehicle in traffic: position, movement, driving style. */
export type DrivingState = {
  /** Id of the current segment, and of the next one. */
  readonly segment: number
  readonly next: number
  /** Metres from the segment's start to the front bumper. */
  readonly offset: number
  /** Metres a second, 0 or more. */
  readonly speed: number
  /** Metres a second squared over the last step. */
  readonly acceleration: number
  /** How long it has stood at the stop line. */
  readonly waitedSeconds: number
  /** How long it will stand at a stop sign. */
  readonly stopSeconds: number
  readonly driver: DriverStyle
}

/** The parameters in which drivers differ. */
type DriverStyle = {
  /** Desired speed as a fraction of what the speed limit and the curve allow. */
  readonly speedFactor: number
  /** Desired time gap to the vehicle ahead. */
  readonly timeGapSeconds: number
}

/** The traffic around a vehicle, as the input of a step. */
export type TrafficView = {
  readonly network: RoadNetwork
  readonly leader?: Leader
  /** True if the vehicle must not pass the stop line ahead. */
  readonly lineClosed: boolean
}

/** Physical limits of a car, in m/s². */
export const maxBraking = 6
const maxAcceleration = 2.5
/** Time that a driver takes to adjust to a curve ahead. */
const curveReactionSeconds = 1
/** A vehicle is at the stop line if it is this near (metres) and this slow (m/s). */
const stopLineMetres = queueGap + 2
const standstillSpeed = 0.5

/** The initial state: a vehicle that stands on a lane. */
export function standingVehicle(
  place: { readonly segment: number; readonly offset: number },
  network: RoadNetwork,
  random: Random,
): DrivingState {
  return {
    ...place,
    next: chooseExit(place.segment, network, random),
    speed: 0,
    acceleration: 0,
    waitedSeconds: 0,
    stopSeconds: between(0.5, 2.5, random),
    driver: { speedFactor: between(0.85, 1.02, random), timeGapSeconds: between(1.1, 1.8, random) },
  }
}

/**
 * The vehicle `dt` seconds later, by the ballistic update of Treiber and Kanagaraj (Physica A 419,
 * 2015, 183). `random` only chooses the exit at junctions.
 *
 * @param dt seconds, up to 0.5; the other vehicles do not move during the step
 */
export function step(
  state: DrivingState,
  dt: number,
  { view, random }: { readonly view: TrafficView; readonly random: Random },
): DrivingState {
  const desired = desiredAcceleration(state, dt, view)
  const acceleration = Math.min(maxAcceleration, Math.max(-maxBraking, desired))
  const stops = state.speed + acceleration * dt <= 0
  const speed = stops ? 0 : state.speed + acceleration * dt
  const driven =
    stops && acceleration < 0
      ? Math.min(state.speed ** 2 / (-2 * acceleration), state.speed * dt)
      : ((state.speed + speed) / 2) * dt
  const moved = {
    ...state,
    speed,
    acceleration: (speed - state.speed) / dt,
    offset: state.offset + driven,
    waitedSeconds: isAtLine(state, view) ? state.waitedSeconds + dt : state.waitedSeconds,
  }
  return enterNextSegment(moved, view.network, random)
}

function desiredAcceleration(state: DrivingState, dt: number, view: TrafficView): number {
  const segment = elementAt(view.network.segments, state.segment)
  if (isAtLine(state, view)) return Math.max(-2, -state.speed / dt)
  const { speedFactor, timeGapSeconds } = state.driver
  const pace = {
    speed: state.speed,
    desiredSpeed: speedFactor * segment.speedLimit,
    timeGapSeconds,
  }
  const line = { gap: segment.path.length - state.offset, speed: 0 }
  return Math.min(
    idmAcceleration(pace, view.leader),
    view.lineClosed ? idmAcceleration(pace, line) : Infinity,
    (speedFactor * safeSpeedAhead(state, view.network) - state.speed) / curveReactionSeconds,
  )
}

function isAtLine(state: DrivingState, { network, lineClosed }: TrafficView): boolean {
  if (!lineClosed || state.speed > standstillSpeed) return false
  return elementAt(network.segments, state.segment).path.length - state.offset < stopLineMetres
}

/** The speed that curves allow at the position after the reaction time. */
function safeSpeedAhead(state: DrivingState, network: RoadNetwork): number {
  const { path } = elementAt(network.segments, state.segment)
  const next = elementAt(network.segments, state.next)
  const ahead = state.offset + state.speed * curveReactionSeconds
  if (ahead >= path.length) return safeSpeedAt(next.path, ahead - path.length)
  const entrySpeed = safeSpeedAt(next.path, 0)
  return Math.min(safeSpeedAt(path, ahead), brakingSpeed(entrySpeed, path.length - ahead))
}

/** Moves a vehicle whose offset is past the end of its segment to the next segment. */
function enterNextSegment(state: DrivingState, network: RoadNetwork, random: Random): DrivingState {
  const { length } = elementAt(network.segments, state.segment).path
  if (state.offset < length) return state
  const entered = {
    ...state,
    segment: state.next,
    next: chooseExit(state.next, network, random),
    offset: state.offset - length,
    waitedSeconds: 0,
    stopSeconds: between(0.5, 2.5, random),
  }
  return enterNextSegment(entered, network, random)
}

function chooseExit(segment: number, network: RoadNetwork, random: Random): number {
  const { exits } = elementAt(network.segments, segment)
  return elementAt(exits, Math.floor(random() * exits.length))
}
