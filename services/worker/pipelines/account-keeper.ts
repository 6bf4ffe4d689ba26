import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { withSessionLock } from '../../adapters/postgres/driver/connection.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import type { AccountMetrics } from '../../stream/account-metrics.ts'
import { readAccountView } from '../../stream/account-view.ts'
import { checkAccountIfDue } from '../../stream/check-account.ts'
import type { RunningPipeline } from './running-pipeline.ts'
import type { Stage } from './stage.ts'

type Options = {
  readonly pool: Pool
  readonly running: () => readonly RunningPipeline[]
  readonly metrics: AccountMetrics
  /** Seconds between two comparisons of an account with the rows. */
  readonly checkIntervalSeconds: number
  readonly logger: Logger
}

const intervalMs = 10_000
/** Id of the database lock: one worker at a time checks the accounts. */
const checkLockId = 7_243_004

/** Publishes the accounts of the running pipelines as metrics, and checks each when it is due. */
export class AccountKeeper implements AsyncDisposable {
  readonly #options: Options
  readonly #end = new AbortController()
  readonly #loop: Promise<void>
  readonly #warnings: WarnOnce
  /** The stages whose account is published. */
  readonly #shown = new Set<string>()

  constructor(options: Options) {
    this.#options = options
    const { signal } = this.#end
    this.#warnings = new WarnOnce(options.logger, signal)
    this.#loop = poll(() => this.#round(), { intervalMs, signal })
  }

  async #round(): Promise<void> {
    const { pool, running } = this.#options
    await this.#removeStopped()
    for (const stage of running().flatMap(({ stages }) => stages)) {
      if (this.#end.signal.aborted) return
      const events = { failed: 'account-view-failed' }
      await this.#warnings.attempt(() => this.#show(stage), events)
    }
    const check = () => withSessionLock(pool, checkLockId, () => this.#checkAll())
    await this.#warnings.attempt(check, { failed: 'account-check-failed' })
  }

  async #removeStopped(): Promise<void> {
    const stages = this.#options.running().flatMap((pipeline) => pipeline.stages)
    const names = new Set(stages.map(({ name }) => name))
    for (const name of this.#shown) {
      if (names.has(name)) continue
      await this.#options.metrics.remove(name)
      this.#shown.delete(name)
    }
  }

  async #show(stage: Stage): Promise<void> {
    const { pool, metrics, checkIntervalSeconds } = this.#options
    const { name: pipeline, topic } = stage
    this.#shown.add(pipeline)
    const ranges = await stage.ranges()
    const account = { pipeline, topic, ranges, checkIntervalSeconds }
    metrics.show(await readAccountView(pool, account))
  }

  async #checkAll(): Promise<void> {
    const { pool, running, checkIntervalSeconds, logger } = this.#options
    for (const { accounted } of running()) {
      if (this.#end.signal.aborted) return
      await checkAccountIfDue({ pool, accounted, checkIntervalSeconds, logger })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}
