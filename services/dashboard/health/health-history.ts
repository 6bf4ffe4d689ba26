import type { HealthHistory as HealthHistoryJson } from '../api/health.ts'

/** One moment of the health's history; null where something was not known. */
export type HealthPoint = {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly received: number | null
  readonly stored: number | null
  readonly p50: number | null
  readonly p99: number | null
  /** Of all partitions. */
  readonly lag: number | null
}

export const everySeconds = 10
const maxPoints = 3_600 / everySeconds

/** The last hour, and no more. */
export class HealthHistory {
  #points: HealthPoint[] = []

  add(point: HealthPoint): void {
    this.#points.push(point)
    if (this.#points.length > maxPoints) this.#points.shift()
  }

  /** An array a figure, as charts take it. */
  toJson(): HealthHistoryJson {
    const column = <Key extends keyof HealthPoint>(key: Key): HealthPoint[Key][] =>
      this.#points.map((point) => point[key])
    return {
      everySeconds,
      at: column('at'),
      received: column('received'),
      stored: column('stored'),
      p50: column('p50'),
      p99: column('p99'),
      lag: column('lag'),
    }
  }
}
