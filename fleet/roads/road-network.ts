import { elementAt } from '../element-at.ts'
import { between, createRandom } from '../random.ts'
import { toLane, toTurn } from './lanes.ts'
import type { Path, Point } from './path.ts'
import type { Road, Town, TownSize } from './town.ts'
import { planTown } from './town.ts'

/** One direction of a road, from the exit of one junction to the stop line of the next. */
export type Lane = {
  readonly kind: 'lane'
  readonly id: number
  readonly path: Path
  /** Metres a second. */
  readonly speedLimit: number
  /** Index of the junction at its end. */
  readonly junction: number
  /** How traffic is controlled at its end. */
  readonly control: 'none' | 'stop-sign' | 'signal'
  /** Ids of the turns that begin at its end; at least one. */
  readonly exits: readonly number[]
}

/** The path across a junction from one lane to another. */
type Turn = {
  readonly kind: 'turn'
  readonly id: number
  readonly path: Path
  readonly speedLimit: number
  /** Id of the lane at its end. */
  readonly exits: readonly [number]
}

export type Segment = Lane | Turn

/** Lanes and turns. A segment's id is its index in `segments`; lanes come first. */
export type RoadNetwork = {
  readonly segments: readonly Segment[]
  readonly lanes: readonly Lane[]
  /** Metres above the origin. */
  readonly elevationAt: (point: Point) => number
}

/** A lane before its turns are known. */
type Approach = {
  readonly id: number
  readonly road: Road
  readonly from: number
  readonly to: number
  readonly path: Path
}

/** Creates the road network of a town. It depends only on size and seed. Distances are in metres. */
export function createRoadNetwork(size: TownSize): RoadNetwork {
  const town = planTown(size)
  const approaches = town.roads.flatMap((road, at) => approachesOf(road, 2 * at))
  const leaving = approachesByJunction(town, approaches)
  const turns: Turn[] = []
  const lanes = approaches.map((approach, id): Lane => {
    const { road, path, to: junction } = approach
    const exits = elementAt(leaving, junction).filter((exit) => exit.road !== road)
    const first = approaches.length + turns.length
    turns.push(...exits.map((exit, at) => newTurn(first + at, approach, exit)))
    return {
      kind: 'lane',
      id,
      path,
      speedLimit: road.speedLimit,
      junction,
      control: controlAt(elementAt(leaving, junction)),
      exits: exits.map((_, at) => first + at),
    }
  })
  return { lanes, segments: [...lanes, ...turns], elevationAt: hills(size.seed) }
}

/** The two directions of a road. */
function approachesOf(road: Road, id: number): Approach[] {
  const { from, to } = road
  const back = [...road.centreline].reverse()
  return [
    { id, road, from, to, path: toLane(road.centreline, road.speedLimit) },
    { id: id + 1, road, from: to, to: from, path: toLane(back, road.speedLimit) },
  ]
}

function newTurn(id: number, from: Approach, to: Approach): Turn {
  const speedLimit = Math.min(from.road.speedLimit, to.road.speedLimit)
  return {
    kind: 'turn',
    id,
    path: toTurn(from.path, to.path, speedLimit),
    speedLimit,
    exits: [to.id],
  }
}

/** The lanes that begin at each junction. */
function approachesByJunction(town: Town, approaches: readonly Approach[]): Approach[][] {
  const leaving: Approach[][] = town.junctions.map(() => [])
  for (const approach of approaches) elementAt(leaving, approach.from).push(approach)
  return leaving
}

function controlAt(leaving: readonly Approach[]): Lane['control'] {
  if (leaving.length === 2) return 'none'
  return leaving.every(({ road }) => road.kind === 'street') ? 'stop-sign' : 'signal'
}

/** Elevation as a sum of three waves, each 2 to 4 km long and up to 8 m high. */
function hills(seed: number): (point: Point) => number {
  const random = createRandom(seed, 0x68696c)
  const waves = [1, 2, 3].map(() => {
    const direction = between(0, 2 * Math.PI, random)
    const perMetre = (2 * Math.PI) / between(2000, 4000, random)
    const [height, phase] = [between(2, 8, random), between(0, 2 * Math.PI, random)]
    const [east, north] = [Math.sin(direction) * perMetre, Math.cos(direction) * perMetre]
    return (point: Point) => height * Math.sin(point.east * east + point.north * north + phase)
  })
  return (point) => waves.reduce((total, wave) => total + wave(point), 0)
}
