import { PrimaryKeyError } from '../../adapters/postgres/tables/check-primary-key.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { NewReasons, retryForever } from '../../runtime/retry.ts'
import type { PipelineMetrics } from '../stream-metrics.ts'

type Options = {
  readonly metrics: Pick<PipelineMetrics, 'outage'>
  readonly logger: Logger
}

/** Why and since when the work on a partition fails. */
type Outage = {
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  /** The latest error. */
  readonly error: unknown
}

/** The partition of work that concerns no single partition. */
export const noPartition = -1

/** Retries work until an outage ends. Logs the start and the end of an outage once, and each further reason once. */
export class Outages {
  readonly #options: Options
  readonly #outages = new Map<number, Outage>()
  readonly #reasons = new NewReasons()

  constructor(options: Options) {
    this.#options = options
  }

  /** The errors because of which batches cannot be stored now. */
  get errors(): unknown[] {
    return [...this.#outages.values()].map(({ error }) => error)
  }

  /** Repeats `attempt` until it succeeds. Throws the last error if `stop` aborts. */
  async retry<T>(attempt: () => Promise<T>, partition: number, stop: AbortSignal): Promise<T> {
    const result = await retryForever(attempt, {
      firstMs: 100,
      maxMs: 5_000,
      signal: stop,
      isOutage: (error) => !(error instanceof PrimaryKeyError),
      onFailure: (error) => {
        this.#start(partition, error)
      },
    })
    this.#end(partition)
    return result
  }

  /** Forgets all outages. Call after a rebalance: other consumers may have the partitions now. */
  clear(): void {
    this.#outages.clear()
    this.#reasons.clear()
    this.#options.metrics.outage(false)
  }

  #start(partition: number, error: unknown): void {
    const startedAt = this.#outages.get(partition)?.startedAt
    this.#outages.set(partition, { startedAt: startedAt ?? performance.now(), error })
    const isFirst = !this.#reasons.isFailing
    const isNew = this.#reasons.note(error)
    const { metrics, logger } = this.#options
    if (isFirst) {
      metrics.outage(true)
      logger.warn(errorFields(error), 'outage-began')
    } else if (isNew) logger.warn(errorFields(error), 'outage-has-another-reason')
  }

  /** The outage ends when it has ended for every partition. */
  #end(partition: number): void {
    const startedAt = this.#outages.get(partition)?.startedAt
    this.#outages.delete(partition)
    if (startedAt === undefined || this.#outages.size > 0) return
    this.#reasons.clear()
    this.#options.logger.info(
      { seconds: Math.round(performance.now() - startedAt) / 1000 },
      'outage-ended',
    )
    this.#options.metrics.outage(false)
  }
}
