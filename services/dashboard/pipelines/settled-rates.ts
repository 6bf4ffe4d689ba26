type Sample = { readonly atMs: number; readonly settled: number }

/** Milliseconds over which a rate is averaged. */
const windowMs = 10_000
/** Over a shorter time one batch would look like a high rate. */
const minSpanMs = 1_000

/** The rates of pipelines, from the numbers of settled records that were read in the last seconds. */
export class SettledRates {
  readonly #samples = new Map<string, readonly Sample[]>()

  /**
   * Adds what was read now.
   *
   * @param nowMs of a monotonic clock
   * @returns records a second; null if there is no earlier number in the window
   */
  add(pipeline: string, settled: number, nowMs: number): number | null {
    const samples = (this.#samples.get(pipeline) ?? []).filter(
      ({ atMs }) => nowMs - atMs <= windowMs,
    )
    this.#samples.set(pipeline, [...samples, { atMs: nowMs, settled }])
    const [first] = samples
    if (first === undefined || nowMs - first.atMs < minSpanMs) return null
    // The counts begin at 0 again after a reset.
    return Math.max(0, ((settled - first.settled) / (nowMs - first.atMs)) * 1_000)
  }
}
