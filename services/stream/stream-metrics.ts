import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { WritePath } from '../ledger/batch.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'

/** What the consumer of one pipeline reports to Prometheus. */
export type PipelineMetrics = {
  /** A transaction was committed. */
  readonly written: (entry: LedgerEntry, path: WritePath) => void
  /** The log has lost records before they were read. */
  readonly expired: (offsets: number) => void
  /** How far the end of a partition is ahead. */
  readonly lag: (partition: number, records: number) => void
  /** Whether batches cannot be stored now. */
  readonly outage: (isOutage: boolean) => void
  /** Call the result when the batch is committed. */
  readonly startBatchTimer: () => () => void
}

/** The metrics of a process that reads topics; each pipeline is a value of the label `pipeline`. */
export class StreamMetrics {
  readonly #metrics: ReturnType<typeof createMetrics>

  constructor(registry: Registry) {
    this.#metrics = createMetrics(registry)
  }

  of(pipeline: string): PipelineMetrics {
    const { settled, transactions, expired, lag, outage, storeSeconds } = this.#metrics
    // A series that is there from the start shows its first event as a rise.
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
      help: 'Offsets whose fate is in the ledger, by outcome.',
      labelNames: ['pipeline', 'outcome'],
      registers,
    }),
    transactions: new Counter({
      name: 'telemetry_transactions_total',
      help: 'Committed batches, by path.',
      labelNames: ['pipeline', 'path'],
      registers,
    }),
    expired: new Counter({
      name: 'telemetry_offsets_expired_total',
      help: 'Offsets that the log lost before they were read. Above zero somebody must act.',
      labelNames: ['pipeline'],
      registers,
    }),
    lag: new Gauge({
      name: 'telemetry_lag_records',
      help: 'Records behind the end of the partition after the last batch.',
      labelNames: ['pipeline', 'partition'],
      registers,
    }),
    outage: new Gauge({
      name: 'telemetry_database_outage',
      help: '1 while batches cannot be stored: the database or Kafka is away.',
      labelNames: ['pipeline'],
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'telemetry_store_batch_seconds',
      help: 'Seconds from having a batch to having it committed.',
      labelNames: ['pipeline'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
      registers,
    }),
  }
}
