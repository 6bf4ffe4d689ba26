import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import { between } from '../random.ts'
import { brakingSpeed, safeSpeedAt } from '../roads/path.ts'
import type { RoadNetwork } from '../roads/road-network.ts'
import type { Leader } from './idm.ts'
import { idmAcceleration, queueGap } from './idm.ts'

/** A vehicle in traffic: where it is, how it moves, how its driver is minded. */
export type DrivingState = {
  /** Id of the segment it is on, and of the one it will take next. */
  readonly segment: number
  readonly next: number
  /** Metres from the segment's start to the front bumper. */
  readonly offset: number
  /** Metres a second, 0 or more. */
  readonly speed: number
  /** Metres a second squared over the last step. */
  readonly acceleration: number
  /** Seconds that it has stood at the stop line. */
  readonly waited: number
  /** Seconds that it will stand at a stop sign. */
  readonly patience: number
  readonly temper: Temper
}

/** What tells one driver from another. */
type Temper = {
  /** Desired speed as a fraction of what limit and curve allow. */
  readonly haste: number
  /** Seconds to the vehicle ahead. */
  readonly timeGap: number
}

/** What a driver sees before a step. */
export type TrafficView = {
  readonly network: RoadNetwork
  readonly leader?: Leader
  /** True where the vehicle must not pass the stop line ahead of it. */
  readonly lineClosed: boolean
}

/** Metres a second squared: as hard as cars brake and accelerate. */
export const hardestBraking = 6
const hardestAcceleration = 2.5
/** Seconds in which a driver adjusts to a curve ahead. */
const curveReaction = 1
/** At the line: so many metres before it at most, and so slow, in metres a second. */
const lineReach = queueGap + 2
const standing = 0.5

/** A vehicle that stands on a lane, about to drive. */
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
    waited: 0,
    patience: between(0.5, 2.5, random),
    temper: { haste: between(0.85, 1.02, random), timeGap: between(1.1, 1.8, random) },
  }
}

/**
 * The vehicle `dt` seconds later, by the ballistic update of Treiber and Kanagaraj (Physica A 419,
 * 2015, 183). `random` chooses the way at junctions and nothing else.
 *
 * @param dt seconds, up to 0.5: the surroundings stand still for as long
 */
export function step(
  state: DrivingState,
  dt: number,
  { around, random }: { readonly around: TrafficView; readonly random: Random },
): DrivingState {
  const wanted = wantedAcceleration(state, dt, around)
  const acceleration = Math.min(hardestAcceleration, Math.max(-hardestBraking, wanted))
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
    waited: isAtLine(state, around) ? state.waited + dt : state.waited,
  }
  return onwards(moved, around.network, random)
}

function wantedAcceleration(state: DrivingState, dt: number, around: TrafficView): number {
  const segment = elementAt(around.network.segments, state.segment)
  if (isAtLine(state, around)) return Math.max(-2, -state.speed / dt)
  const { haste, timeGap } = state.temper
  const pace = { speed: state.speed, desiredSpeed: haste * segment.speedLimit, timeGap }
  const line = { gap: segment.path.length - state.offset, speed: 0 }
  return Math.min(
    idmAcceleration(pace, around.leader),
    around.lineClosed ? idmAcceleration(pace, line) : Infinity,
    (haste * safeSpeedAhead(state, around.network) - state.speed) / curveReaction,
  )
}

function isAtLine(state: DrivingState, { network, lineClosed }: TrafficView): boolean {
  if (!lineClosed || state.speed > standing) return false
  return elementAt(network.segments, state.segment).path.length - state.offset < lineReach
}

/** What curves allow where the vehicle will be after the reaction time. */
function safeSpeedAhead(state: DrivingState, network: RoadNetwork): number {
  const { path } = elementAt(network.segments, state.segment)
  const next = elementAt(network.segments, state.next)
  const ahead = state.offset + state.speed * curveReaction
  if (ahead >= path.length) return safeSpeedAt(next.path, ahead - path.length)
  const entrySpeed = safeSpeedAt(next.path, 0)
  return Math.min(safeSpeedAt(path, ahead), brakingSpeed(entrySpeed, path.length - ahead))
}

/** The same vehicle on the segment that its offset has carried it to. */
function onwards(state: DrivingState, network: RoadNetwork, random: Random): DrivingState {
  const { length } = elementAt(network.segments, state.segment).path
  if (state.offset < length) return state
  const entered = {
    ...state,
    segment: state.next,
    next: chooseExit(state.next, network, random),
    offset: state.offset - length,
    waited: 0,
    patience: between(0.5, 2.5, random),
  }
  return onwards(entered, network, random)
}

function chooseExit(segment: number, network: RoadNetwork, random: Random): number {
  const { exits } = elementAt(network.segments, segment)
  return elementAt(exits, Math.floor(random() * exits.length))
}
