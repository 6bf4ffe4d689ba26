import { unwrapLine } from '../map/unwrap.ts'
import type { TrackPoint } from '../../api/history.ts'
import type { Vehicle } from '../../api/vehicles.ts'
import { isGap } from './history/playback.ts'

/** The last minutes of one vehicle: stored points, and live readings since then. */
export class RecentTrack {
  readonly #retentionMs: number
  #points: TrackPoint[] = []

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs
  }

  get points(): readonly TrackPoint[] {
    return this.#points
  }

  clear(): void {
    this.#points = []
  }

  /** Merges stored points with the live ones; points of the same time count once. */
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
 * Converts points to lines for a flat map, interrupted at gaps.
 *
 * @param maxGapMs points up to this far apart are always joined
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
