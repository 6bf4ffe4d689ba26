import { sleep } from '../../services/runtime/retry.ts'
import type { Progress, Workload } from '../workload/workload.ts'

type Look = Progress & { readonly at: number }
/** What of a workload is watched. */
type Watched = Pick<Workload, 'rate' | 'progress'>

const betweenLooksMs = 200
/** Milliseconds over which a rate is counted, and within which a unit is settled where nothing lags. */
const spanMs = 1_000
/** What passes for the full rate: chance makes seconds unequal. */
const fullShare = 0.9
const kept = 50

/** Looks at a workload again and again, and knows when the platform does its work in full. */
export class Watch {
  readonly #workload: Watched
  readonly #signal: AbortSignal
  readonly #looks: Look[] = []

  constructor(workload: Watched, signal: AbortSignal) {
    this.#workload = workload
    this.#signal = signal
  }

  /**
   * Resolves when units are acknowledged at the full rate and what was taken in until a second ago
   * is settled.
   *
   * @returns whether that came in time
   */
  async untilWell(seconds: number): Promise<boolean> {
    this.#looks.length = 0
    return this.#until(seconds, () => this.#isWell())
  }

  /** Resolves when everything that was taken in is settled; nothing may be sent any more. */
  async untilQuiet(seconds: number): Promise<boolean> {
    return this.#until(seconds, () => {
      const { ends = [], settled = [] } = this.#looks.at(-1) ?? {}
      return ends.length > 0 && ends.every((end, lane) => settled[lane] === end)
    })
  }

  async #until(seconds: number, isSo: () => boolean): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000
    while (Date.now() < deadline) {
      this.#signal.throwIfAborted()
      if ((await this.#look()) && isSo()) return true
      await sleep(betweenLooksMs, this.#signal)
    }
    return false
  }

  async #look(): Promise<boolean> {
    try {
      const progress = await this.#workload.progress()
      this.#looks.push({ at: Date.now(), ...progress })
      if (this.#looks.length > kept) this.#looks.shift()
      return true
    } catch {
      return false
    }
  }

  #isWell(): boolean {
    const now = this.#looks.at(-1)
    const then = this.#looks.findLast(({ at }) => now !== undefined && at <= now.at - spanMs)
    if (!now || !then) return false
    const isCaughtUp = then.ends.every((end, lane) => (now.settled[lane] ?? 0) >= end)
    const perSecond = ((now.acknowledged - then.acknowledged) * 1000) / (now.at - then.at)
    return isCaughtUp && perSecond >= this.#workload.rate * fullShare
  }
}
