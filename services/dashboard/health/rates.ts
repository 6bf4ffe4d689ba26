import type { Rates } from '../api/health.ts'

/** What has been counted up to a moment. */
export type CountSample = {
  /** Milliseconds. */
  readonly at: number
  /** Undefined where the count could not be asked. */
  readonly received: number | undefined
  readonly stored: number | undefined
}

/** Milliseconds over which a rate is taken: longer than a consumer's batches, short enough to be now. */
const windowMs = 10_000

/** Counts of the last seconds, and how fast they grow. */
export class RateWindow {
  #samples: CountSample[] = []

  add(sample: CountSample): void {
    this.#samples = [...this.#samples.filter(({ at }) => sample.at - at <= windowMs), sample]
  }

  get rates(): Rates {
    return { received: this.#rateOf('received'), stored: this.#rateOf('stored') }
  }

  #rateOf(count: 'received' | 'stored'): number | null {
    const known = this.#samples.flatMap(({ at, [count]: value }) =>
      value === undefined ? [] : [{ at, value }],
    )
    const [first, last] = [known[0], known.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return null
    // A new log begins to count at nothing.
    return Math.max(0, ((last.value - first.value) / (last.at - first.at)) * 1000)
  }
}
