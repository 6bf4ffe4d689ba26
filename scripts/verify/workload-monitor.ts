import { sleep } from '../../services/runtime/retry.ts'
import type { Progress, Workload } from '../workload/workload.ts'

type Sample = Progress & { readonly at: number }
/** The part of a workload that is monitored. */
type WatchedWorkload = Pick<Workload, 'rate' | 'settledWithinMs' | 'progress'>

const sampleIntervalMs = 200
/** Milliseconds over which the rate is measured, and within which a unit is settled, unless the workload says more. */
const usualWindowMs = 1_000
/** This share counts as the full rate, because the load varies at random from second to second. */
const minRateShare = 0.9
const maxSamples = 50

/** Polls the progress of a workload and detects when the platform is healthy. */
export class WorkloadMonitor {
  readonly #workload: WatchedWorkload
  readonly #signal: AbortSignal
  readonly #samples: Sample[] = []

  constructor(workload: WatchedWorkload, signal: AbortSignal) {
    this.#workload = workload
    this.#signal = signal
  }

  /**
   * Resolves when units are acknowledged at the full rate, and everything that was accepted up to a
   * second ago is settled (`settledWithinMs` of the workload).
   *
   * @returns whether this happened in time
   */
  async untilHealthy(seconds: number): Promise<boolean> {
    this.#samples.length = 0
    return this.#until(seconds, () => this.#isHealthy())
  }

  /**
   * Resolves when everything that was accepted is settled. The workload must have stopped sending.
   */
  async untilAllSettled(seconds: number): Promise<boolean> {
    return this.#until(seconds, () => {
      const { ends = [], settled = [] } = this.#samples.at(-1) ?? {}
      return ends.length > 0 && ends.every((end, lane) => settled[lane] === end)
    })
  }

  async #until(seconds: number, condition: () => boolean): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000
    while (Date.now() < deadline) {
      this.#signal.throwIfAborted()
      if ((await this.#takeSample()) && condition()) return true
      await sleep(sampleIntervalMs, this.#signal)
    }
    return false
  }

  async #takeSample(): Promise<boolean> {
    try {
      const progress = await this.#workload.progress()
      this.#samples.push({ at: Date.now(), ...progress })
      if (this.#samples.length > maxSamples) this.#samples.shift()
      return true
    } catch {
      return false
    }
  }

  #isHealthy(): boolean {
    const now = this.#samples.at(-1)
    const windowMs = this.#workload.settledWithinMs ?? usualWindowMs
    const then = this.#samples.findLast(({ at }) => now !== undefined && at <= now.at - windowMs)
    if (!now || !then) return false
    const isCaughtUp = then.ends.every((end, lane) => (now.settled[lane] ?? 0) >= end)
    const perSecond = ((now.acknowledged - then.acknowledged) * 1000) / (now.at - then.at)
    return isCaughtUp && perSecond >= this.#workload.rate * minRateShare
  }
}
