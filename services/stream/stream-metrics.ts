import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { WritePath } from '../ledger/batch.ts'
import { removeValues } from './remove-values.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'

/** The metrics that the consumer of one pipeline updates. */
export type PipelineMetrics = {
  /** Call after each committed transaction. */
  readonly written: (entry: LedgerEntry, path: WritePath) => void
  /** Call when Kafka has removed records before they were read. */
  readonly expired: (offsets: number) => void
  /** Sets how many records the consumer is behind the end of a partition. */
  readonly lag: (partition: number, records: number) => void
  /** Sets whether Kafka's file of a partition cannot be read. */
  readonly unreadable: (partition: number, isUnreadable: boolean) => void
  /** Sets whether batches cannot be stored now. */
  readonly outage: (isOutage: boolean) => void
  /** Starts a timer; call the returned function when the batch is committed. */
  readonly startBatchTimer: () => () => void
}

/** The metrics of a process that reads topics. The label `pipeline` distinguishes the pipelines. */
export class StreamMetrics {
  readonly #metrics: ReturnType<typeof createMetrics>

  constructor(registry: Registry) {
    this.#metrics = createMetrics(registry)
  }

  /** Removes all values of a pipeline that has stopped. */
  async remove(pipeline: string): Promise<void> {
    await removeValues(Object.values(this.#metrics), pipeline)
  }

  of(pipeline: string): PipelineMetrics {
    const { settled, transactions, expired, lag, unreadable, outage, storeSeconds } = this.#metrics
    // Series start at 0, so that the first event counts as an increase.
    for (const outcome of ['stored', 'updated', 'duplicate', 'dead-lettered']) {
      settled.inc({ pipeline, outcome }, 0)
    }
    expired.inc({ pipeline }, 0)
    outage.set({ pipeline }, 0)
    storeSeconds.zero({ pipeline })
    return {
      written: (entry, path) => {
        settled.inc({ pipeline, outcome: 'stored' }, entry.stored)
        settled.inc({ pipeline, outcome: 'updated' }, entry.updated)
        settled.inc({ pipeline, outcome: 'duplicate' }, entry.duplicate)
        settled.inc({ pipeline, outcome: 'dead-lettered' }, entry.deadLettered)
        transactions.inc({ pipeline, path })
      },
      expired: (offsets) => {
        expired.inc({ pipeline }, offsets)
      },
      lag: (partition, records) => {
        lag.set({ pipeline, partition }, records)
      },
      unreadable: (partition, isUnreadable) => {
        unreadable.set({ pipeline, partition }, isUnreadable ? 1 : 0)
      },
      outage: (isOutage) => {
        outage.set({ pipeline }, isOutage ? 1 : 0)
      },
      startBatchTimer: () => storeSeconds.startTimer({ pipeline }),
    }
  }
}

function createMetrics(registry: Registry) {
  const registers = [registry]
  return {
    settled: new Counter({
      name: 'telemetry_offsets_settled_total',
      help: 'Offsets whose outcome is in the ledger, by outcome.',
      labelNames: ['pipeline', 'outcome'],
      registers,
    }),
    transactions: new Counter({
      name: 'telemetry_transactions_total',
      help: 'Committed transactions, by write path.',
      labelNames: ['pipeline', 'path'],
      registers,
    }),
    expired: new Counter({
      name: 'telemetry_offsets_expired_total',
      help: 'Offsets that Kafka removed before they were read. Any value above 0 requires action.',
      labelNames: ['pipeline'],
      registers,
    }),
    lag: new Gauge({
      name: 'telemetry_lag_records',
      help: 'Records between the ledger and the end of the partition, at its last batch. It includes records that wait to be stored together.',
      labelNames: ['pipeline', 'partition'],
      registers,
    }),
    unreadable: new Gauge({
      name: 'telemetry_partition_unreadable',
      help: "1 while nothing more of a partition can be stored because Kafka's file of it is damaged, otherwise 0. Any value above 0 requires action.",
      labelNames: ['pipeline', 'partition'],
      registers,
    }),
    outage: new Gauge({
      name: 'telemetry_database_outage',
      help: '1 while batches cannot be stored because the database or Kafka is unavailable or a trigger is broken, otherwise 0.',
      labelNames: ['pipeline'],
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'telemetry_store_batch_seconds',
      help: 'Seconds from the receipt of a batch to its commit.',
      labelNames: ['pipeline'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
      registers,
    }),
  }
}
