import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { PlacedLedger } from '../adapters/postgres/ledger-store.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger-store.ts'
import type { Log } from '../runtime/log.ts'
import { errorFields } from '../runtime/log.ts'
import { sleep } from '../runtime/retry.ts'
import type { LogView } from './log-view.ts'
import { viewLog } from './log-view.ts'

/** What is known of log and ledgers; a part that could not be asked is undefined. */
export type PlatformView = {
  readonly log: LogView | undefined
  readonly ledgers: readonly PlacedLedger[] | undefined
}

export type PlatformWatchOptions = {
  readonly admin: TopicAdmin
  readonly ledgers: PostgresLedgerStore
  readonly log: Log
}

const intervalMs = 2_000
/** Milliseconds after which the first look is given up, and the live picture begins without it. */
const firstLookMs = 10_000

/** Asks the cluster and the database every two seconds how far they are. */
export class PlatformWatch {
  readonly #options: PlatformWatchOptions
  readonly #failing = new Set<string>()
  #view: PlatformView = { log: undefined, ledgers: undefined }

  constructor(options: PlatformWatchOptions) {
    this.#options = options
  }

  /** What the last look has found. */
  get view(): PlatformView {
    return this.#view
  }

  /** The view, as soon as it is whole; what there is of it where that takes too long. */
  async firstLook(signal: AbortSignal): Promise<PlatformView> {
    const giveUp = AbortSignal.any([signal, AbortSignal.timeout(firstLookMs)])
    while (!giveUp.aborted) {
      await this.#look()
      if (this.#view.log !== undefined && this.#view.ledgers !== undefined) break
      await sleep(200, giveUp)
    }
    return this.#view
  }

  /** Looks until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const over = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve()
      })
    })
    while (!signal.aborted) {
      await Promise.race([this.#look(), over])
      await sleep(intervalMs, signal)
    }
  }

  async #look(): Promise<void> {
    const { admin, ledgers } = this.#options
    const [log, present] = await Promise.all([
      this.#unlessAway('topic', () => viewLog(admin)),
      this.#unlessAway('ledgers', () => ledgers.ledgers()),
    ])
    this.#view = { log, ledgers: present }
  }

  /** A failure is told once, until it has succeeded again. */
  async #unlessAway<T>(what: string, question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question()
      this.#failing.delete(what)
      return answer
    } catch (error) {
      if (!this.#failing.has(what)) this.#options.log.warn(errorFields(error), `${what}-not-seen`)
      this.#failing.add(what)
      return undefined
    }
  }
}
