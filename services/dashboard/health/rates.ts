import type { Rates } from '../api/health.ts'

/** Total counts at one moment. */
export type CountSample = {
  /** Milliseconds. */
  readonly at: number
  /** Undefined if the count could not be read. */
  readonly received: number | undefined
  readonly stored: number | undefined
}

/**
 * Milliseconds over which a rate is averaged: longer than the interval of a consumer's batches, and
 * short enough to show a change soon.
 */
const windowMs = 10_000

/** The counts of the last seconds, and the rates computed from them. */
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
    // The counts restart at 0 when the topic gets a new log.
    return Math.max(0, ((last.value - first.value) / (last.at - first.at)) * 1000)
  }
}
