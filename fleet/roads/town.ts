import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import { between, createRandom } from '../random.ts'
import type { Point } from './path.ts'
import { distance, pointBetween } from './path.ts'

/** The plan of a town: an irregular grid of streets, crossed by avenues, with a ring road around it. */

type RoadKind = 'street' | 'avenue' | 'ring'

/** A two-way road between two junctions. */
export type Road = {
  readonly from: number
  readonly to: number
  readonly kind: RoadKind
  /** Metres a second. */
  readonly speedLimit: number
  readonly centreline: readonly Point[]
}

export type Town = {
  readonly junctions: readonly Point[]
  /** Every junction has at least two roads, so there are no dead ends. */
  readonly roads: readonly Road[]
}

export type TownSize = {
  /** Number of junctions along one side of the grid; at least 3. */
  readonly side: number
  readonly seed: number
}

const blockMetres = 220
const blocksBetweenAvenues = 4
const closedStreetShare = 0.15
const metresPerSecondPerKmh = 1 / 3.6
/** In km/h. */
const speedLimits: Record<RoadKind, readonly number[]> = {
  street: [30, 40, 50],
  avenue: [60],
  ring: [70],
}
/** Maximum sideways bend of a road, as a fraction of its length. */
const maxBends: Record<RoadKind, number> = { street: 0.16, avenue: 0.06, ring: 0.1 }

type Place = { readonly row: number; readonly column: number }
type PlannedRoad = { readonly from: number; readonly to: number; readonly kind: RoadKind }

/** Plans a town. It depends only on size and seed. */
export function planTown(size: TownSize): Town {
  const random = createRandom(size.seed, 0x70776e)
  const places = placesOf(size.side)
  const junctions = places.map((place) => junctionAt(place, size.side, random))
  const roads = withoutClosedStreets(roadsBetween(places, size.side), random)
  return { junctions, roads: roads.map((road) => toRoad(road, junctions, random)) }
}

function placesOf(side: number): Place[] {
  return Array.from({ length: side * side }, (_, at) => ({
    row: Math.floor(at / side),
    column: at % side,
  }))
}

function junctionAt(place: Place, side: number, random: Random): Point {
  const middle = (side - 1) / 2
  const shift = (): number => between(-0.16, 0.16, random)
  return {
    east: (place.column - middle + shift()) * blockMetres,
    north: (place.row - middle + shift()) * blockMetres,
  }
}

function roadsBetween(places: readonly Place[], side: number): PlannedRoad[] {
  return places.flatMap(({ row, column }, from) => [
    ...(column + 1 < side ? [{ from, to: from + 1, kind: kindOf(row, side) }] : []),
    ...(row + 1 < side ? [{ from, to: from + side, kind: kindOf(column, side) }] : []),
  ])
}

function kindOf(line: number, side: number): RoadKind {
  if (line === 0 || line === side - 1) return 'ring'
  return line % blocksBetweenAvenues === 0 ? 'avenue' : 'street'
}

/**
 * Removes some streets, but leaves at least three roads at every junction inside the ring. So the town
 * stays connected: the north-westernmost junction of a separate part would have at most two roads.
 */
function withoutClosedStreets(roads: readonly PlannedRoad[], random: Random): PlannedRoad[] {
  const degrees = new Map<number, number>()
  const count = (junction: number, by: number): void => {
    degrees.set(junction, (degrees.get(junction) ?? 0) + by)
  }
  for (const road of roads) for (const end of [road.from, road.to]) count(end, 1)
  return roads.filter((road) => {
    const ends = [road.from, road.to]
    const closable = road.kind === 'street' && ends.every((end) => (degrees.get(end) ?? 0) > 3)
    if (!closable || random() >= closedStreetShare) return true
    for (const end of ends) count(end, -1)
    return false
  })
}

function toRoad(planned: PlannedRoad, junctions: readonly Point[], random: Random): Road {
  const limits = speedLimits[planned.kind]
  const limit = elementAt(limits, Math.floor(random() * limits.length))
  const bend = between(-maxBends[planned.kind], maxBends[planned.kind], random)
  const [from, to] = [elementAt(junctions, planned.from), elementAt(junctions, planned.to)]
  return {
    ...planned,
    speedLimit: limit * metresPerSecondPerKmh,
    centreline: bentLine(from, to, bend * distance(from, to)),
  }
}

/** A line between two points: `bend` metres to the right in the middle, straight at the ends. */
function bentLine(from: Point, to: Point, bend: number): Point[] {
  const length = distance(from, to)
  const right = { east: (to.north - from.north) / length, north: (from.east - to.east) / length }
  return Array.from({ length: 25 }, (_, at) => {
    const aside = bend * Math.sin((Math.PI * at) / 24) ** 2
    const point = pointBetween(from, to, at / 24)
    return { east: point.east + right.east * aside, north: point.north + right.north * aside }
  })
}
