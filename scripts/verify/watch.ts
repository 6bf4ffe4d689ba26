import { sleep } from '../../services/runtime/retry.ts'
import type { Account } from './account.ts'
import type { Positions, PositionsView } from './positions.ts'

type Look = { readonly at: number; readonly acknowledged: number; readonly positions: Positions }

const betweenLooksMs = 200
/** Milliseconds over which a rate is counted, and within which a record is settled where nothing lags. */
const spanMs = 1_000
/** What passes for the full rate: chance makes seconds unequal. */
const fullShare = 0.9
const kept = 50

type Watched = { readonly view: PositionsView; readonly account: Account; readonly rate: number }

/** Looks at a platform under load again and again, and knows when it does its work in full. */
export class Watch {
  readonly #watched: Watched
  readonly #signal: AbortSignal
  readonly #looks: Look[] = []

  constructor(watched: Watched, signal: AbortSignal) {
    this.#watched = watched
    this.#signal = signal
  }

  /**
   * Resolves when readings are acknowledged at the full rate and what was in the log a second ago
   * is settled.
   *
   * @returns whether that came in time
   */
  async untilWell(seconds: number): Promise<boolean> {
    this.#looks.length = 0
    return this.#until(seconds, () => this.#isWell())
  }

  /** Resolves when everything in the log is settled; nothing may be sent any more. */
  async untilQuiet(seconds: number): Promise<boolean> {
    return this.#until(seconds, () => {
      const { ends = [], settled = [] } = this.#looks.at(-1)?.positions ?? {}
      return ends.length > 0 && ends.every((end, partition) => settled[partition] === end)
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
    const { view, account } = this.#watched
    try {
      const positions = await view.read()
      this.#looks.push({ at: Date.now(), acknowledged: account.acknowledged, positions })
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
    const { settled } = now.positions
    const isCaughtUp = then.positions.ends.every(
      (end, partition) => (settled[partition] ?? 0) >= end,
    )
    const perSecond = ((now.acknowledged - then.acknowledged) * 1000) / (now.at - then.at)
    return isCaughtUp && perSecond >= this.#watched.rate * fullShare
  }
}
