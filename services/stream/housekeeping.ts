import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { AccountedPipeline } from '../adapters/postgres/ledger/account-store.ts'
import { readAccounts } from '../adapters/postgres/ledger/read-accounts.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import {
  createPool,
  destroyConnectionsOnAbort,
  withSessionLock,
} from '../adapters/postgres/driver/connection.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import type { AccountMetrics } from './account-metrics.ts'
import { checkAccountIfDue } from './check-account.ts'
import { readRanges } from './read-ranges.ts'

/** Work that only one process does for a pipeline at a time. */
type Job = {
  /** The log event of a failure, e.g. `retirement-failed`. */
  readonly failureEvent: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** A job with a separate interval and lock, e.g. one that takes minutes. */
type SlowJob = Job & { readonly lockId: number; readonly intervalMs: number }

/** Metrics and jobs that a pipeline adds to the check of its account. */
export type PipelineJobs = {
  /** Updates the pipeline's own metrics, before those of the account. */
  readonly updateMetrics: () => Promise<void>
  /** Run before each check of the account, under the same lock. */
  readonly jobs: readonly Job[]
  readonly slowJobs: readonly SlowJob[]
}

export type HousekeepingOptions = {
  readonly postgres: PostgresSettings
  readonly topic: string
  /** The pipeline and its table. */
  readonly accounted: AccountedPipeline
  readonly admin: Pick<TopicAdmin, 'ranges'>
  /** Id of the database lock that ensures that only one process of this pipeline runs the jobs. */
  readonly lockId: number
  /** Seconds between two comparisons of the account with the table's rows. */
  readonly checkIntervalSeconds: number
  readonly metrics: AccountMetrics
  readonly logger: Logger
  /** Creates the pipeline's jobs. They use the connections of the housekeeping. */
  readonly createJobs?: (pool: Pool) => PipelineJobs
}

const roundIntervalMs = 5_000

/**
 * Publishes the account of a pipeline as metrics. One process at a time also runs the pipeline's jobs
 * and checks the account. It uses separate connections, so that it never delays the storing of records.
 * A failure is logged as a warning; the next round tries again.
 */
export class Housekeeping implements AsyncDisposable {
  readonly #options: HousekeepingOptions
  readonly #pool: Pool
  readonly #pipelineJobs: PipelineJobs
  readonly #end = new AbortController()
  readonly #loops: Promise<unknown>
  readonly #warnings: WarnOnce

  constructor(options: HousekeepingOptions) {
    this.#options = options
    const { postgres, logger, lockId, createJobs } = options
    this.#pool = createPool(postgres, { ...poolOptions, logger })
    this.#pipelineJobs = createJobs?.(this.#pool) ?? {
      updateMetrics: doNothing,
      jobs: [],
      slowJobs: [],
    }
    const { signal } = this.#end
    this.#warnings = new WarnOnce(logger, signal)
    destroyConnectionsOnAbort(this.#pool, signal)
    this.#loops = Promise.all([
      this.#loop('account-view-failed', roundIntervalMs, () => this.#updateMetrics()),
      this.#loop('housekeeping-failed', roundIntervalMs, () =>
        withSessionLock(this.#pool, lockId, () => this.#runJobs()),
      ),
      ...this.#pipelineJobs.slowJobs.map((job) =>
        this.#loop(job.failureEvent, job.intervalMs, () =>
          withSessionLock(this.#pool, job.lockId, () => job.run(signal)),
        ),
      ),
    ])
  }

  #loop(failureEvent: string, intervalMs: number, round: () => Promise<unknown>): Promise<void> {
    const attempt = () => this.#warnings.attempt(round, { failed: failureEvent })
    return poll(attempt, { intervalMs, signal: this.#end.signal })
  }

  /** Runs all jobs, even if one fails. */
  async #runJobs(): Promise<void> {
    for (const { failureEvent, run } of this.#pipelineJobs.jobs) {
      await this.#warnings.attempt(() => run(this.#end.signal), { failed: failureEvent })
    }
    await this.#warnings.attempt(() => this.#checkIfDue(), { failed: 'account-check-failed' })
  }

  async #checkIfDue(): Promise<void> {
    const { accounted, checkIntervalSeconds, logger } = this.#options
    await checkAccountIfDue({ pool: this.#pool, accounted, checkIntervalSeconds, logger })
  }

  async #updateMetrics(): Promise<void> {
    const { accounted, topic, admin, metrics, checkIntervalSeconds } = this.#options
    const { signal } = this.#end
    const [ranges = []] = await readRanges([admin], signal)
    // The reading was stopped, so these are not the ranges of the topic.
    if (signal.aborted) return
    const { pipeline } = accounted
    const [account] = await readAccounts(this.#pool, [{ pipeline, topic }])
    await this.#pipelineJobs.updateMetrics()
    if (account) metrics.show({ ...account, ranges, checkIntervalSeconds })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loops
    await this.#pool.end()
  }
}

const doNothing = (): Promise<void> => Promise.resolve()

const poolOptions = {
  applicationName: 'av-telemetry housekeeping',
  maxConnections: 5,
  // A query ends when its client disconnects, and uses at most one core. An open transaction elsewhere
  // delays only this round.
  serverOptions:
    '-c client_connection_check_interval=2s -c max_parallel_workers_per_gather=0 -c max_parallel_maintenance_workers=0 -c lock_timeout=60s',
}
