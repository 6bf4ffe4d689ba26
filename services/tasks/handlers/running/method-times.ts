/** Weight of the latest call in the mean. */
const weight = 0.1
/** Before its first call a handler may be slow. */
const unknownMs = 1_000

/** How long the calls of each handler take, on average. */
export class MethodTimes {
  readonly #meanMs = new Map<string, number>()

  note(method: string, durationMs: number): void {
    const mean = this.#meanMs.get(method) ?? durationMs
    // A long call counts at once: the next ones may be long too.
    const next = durationMs > mean * 10 ? durationMs : mean + weight * (durationMs - mean)
    this.#meanMs.set(method, next)
  }

  expectedMs(method: string): number {
    return this.#meanMs.get(method) ?? unknownMs
  }
}
