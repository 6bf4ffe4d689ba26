import type { HealthHistory as HealthHistoryJson } from '../api/health.ts'

/** The figures of one moment. A figure that is not known is null. */
export type HealthPoint = {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Readings a second. */
  readonly received: number | null
  readonly stored: number | null
  /** Milliseconds from recorded to stored. */
  readonly p50: number | null
  readonly p99: number | null
  /** Readings of all partitions that are not stored yet. */
  readonly lag: number | null
}

export const pointIntervalSeconds = 10
const maxPoints = 3_600 / pointIntervalSeconds

/** The figures of the last hour. */
export class HealthHistory {
  #points: HealthPoint[] = []

  add(point: HealthPoint): void {
    this.#points.push(point)
    if (this.#points.length > maxPoints) this.#points.shift()
  }

  /** One array per figure, as charts need it. */
  toJson(): HealthHistoryJson {
    const column = <Key extends keyof HealthPoint>(key: Key): HealthPoint[Key][] =>
      this.#points.map((point) => point[key])
    return {
      everySeconds: pointIntervalSeconds,
      at: column('at'),
      received: column('received'),
      stored: column('stored'),
      p50: column('p50'),
      p99: column('p99'),
      lag: column('lag'),
    }
  }
}
