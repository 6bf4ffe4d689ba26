/** Vehicles whose sequences are remembered one by one; more than one process drives. */
const mostVehicles = 40_000

/** As it stands at the head of each segment. */
export type SequenceMarks = {
  readonly floor: number
  readonly next: Readonly<Record<string, number>>
}

/**
 * The next sequence of every vehicle. A vehicle not known here begins at the floor, which lies
 * above whatever has been forgotten: no vehicle has a sequence twice.
 */
export class Sequences {
  #floor = 0
  /** Those that reported last come last. */
  readonly #next = new Map<string, number>()

  nextOf(vin: string): number {
    return this.#next.get(vin) ?? this.#floor
  }

  use(vin: string, sequence: number): void {
    const next = Math.max(this.nextOf(vin), sequence + 1)
    this.#next.delete(vin)
    this.#next.set(vin, next)
    if (this.#next.size > mostVehicles) this.#forgetFirst()
  }

  /** Takes over what the head of a segment says. */
  restore({ floor, next }: SequenceMarks): void {
    this.#floor = Math.max(this.#floor, floor)
    for (const [vin, sequence] of Object.entries(next)) this.use(vin, sequence - 1)
  }

  /**
   * Goes on from the clock where sequences may have been used that nothing tells of: no vehicle
   * reports once a microsecond.
   *
   * @param now microseconds since the Unix epoch
   */
  leap(now: number): void {
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
