import type { Micros } from '../../services/telemetry/time.ts'

/** Maximum of vehicles with a separate entry; more than one process simulates. */
const maxVehicles = 40_000

/** The content of a segment's head. */
export type SequenceMarks = {
  readonly floor: number
  readonly next: Readonly<Record<string, number>>
}

/**
 * The next sequence of every vehicle. A vehicle without an entry begins at the floor, which is above
 * all sequences of removed entries. So no vehicle uses a sequence twice.
 */
export class Sequences {
  #floor = 0
  /** In the order of the last report, the latest at the end. */
  readonly #next = new Map<string, number>()

  nextOf(vin: string): number {
    return this.#next.get(vin) ?? this.#floor
  }

  markUsed(vin: string, sequence: number): void {
    const next = Math.max(this.nextOf(vin), sequence + 1)
    this.#next.delete(vin)
    this.#next.set(vin, next)
    if (this.#next.size > maxVehicles) this.#forgetFirst()
  }

  /** Adds the marks of a segment's head. */
  restore({ floor, next }: SequenceMarks): void {
    this.#floor = Math.max(this.#floor, floor)
    for (const [vin, sequence] of Object.entries(next)) this.markUsed(vin, sequence - 1)
  }

  /**
   * Continues from the clock if sequences were used that are not recorded. This is safe, because no
   * vehicle reports once a microsecond.
   *
   * @param now microseconds since the Unix epoch
   */
  skipToClock(now: Micros): void {
    this.#floor = Math.max(this.#floor, now, ...this.#next.values())
    this.#next.clear()
  }

  get marks(): SequenceMarks {
    return { floor: this.#floor, next: Object.fromEntries(this.#next) }
  }

  #forgetFirst(): void {
    const [first] = this.#next
    if (first === undefined) return
    this.#floor = Math.max(this.#floor, first[1])
    this.#next.delete(first[0])
  }
}
