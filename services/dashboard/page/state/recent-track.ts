import { unwrapLine } from '../map/unwrap.ts'
import type { TrackPoint } from '../../api/history.ts'
import type { Vehicle } from '../../api/vehicles.ts'
import { isGap } from './history/playback.ts'

/** The last minutes of one vehicle: what the platform has stored, and what came since. */
export class RecentTrack {
  readonly #retentionMs: number
  #points: TrackPoint[] = []

  /** @param retentionMs milliseconds */
  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs
  }

  get points(): readonly TrackPoint[] {
    return this.#points
  }

  clear(): void {
    this.#points = []
  }

  /** What is stored comes in between what has already been heard; the same moment counts once. */
  addStored(points: readonly TrackPoint[]): void {
    const byTime = new Map([...points, ...this.#points].map((point) => [point[0], point]))
    this.#points = [...byTime.values()].sort((a, b) => a[0] - b[0])
    this.#dropOld()
  }

  add({ recordedAt, longitude, latitude, speed, heading }: Vehicle): void {
    const at = Date.parse(recordedAt)
    const last = this.#points.at(-1)
    if (last && at <= last[0]) return
    this.#points.push([at, longitude, latitude, speed, heading])
    this.#dropOld()
  }

  #dropOld(): void {
    const newest = this.#points.at(-1)?.[0] ?? 0
    const first = this.#points.findIndex(([at]) => at >= newest - this.#retentionMs)
    if (first > 0) this.#points = this.#points.slice(first)
  }
}

/**
 * Points as lines that are broken where nothing is known, for a flat map.
 *
 * @param maxGapMs milliseconds between two points that are joined whatever they say
 */
export function toLines(
  points: readonly TrackPoint[],
  maxGapMs: number,
): [longitude: number, latitude: number][][] {
  const lines: [number, number][][] = []
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (!before || isGap(before, point, maxGapMs)) lines.push([])
    lines.at(-1)?.push([point[1], point[2]])
  }
  return lines.filter((line) => line.length > 1).map(unwrapLine)
}
