import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { LedgerEntry } from '../telemetry/ledger.ts'
import type { WritePath } from '../telemetry/ports.ts'

/** What the consumer says of itself to Prometheus. */
export function createConsumerMetrics(registry: Registry) {
  const registers = [registry]
  const settled = new Counter({
    name: 'telemetry_offsets_settled_total',
    help: 'Offsets whose fate is in the ledger, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  const transactions = new Counter({
    name: 'telemetry_transactions_total',
    help: 'Committed batches, by path.',
    labelNames: ['path'],
    registers,
  })
  const expired = new Counter({
    name: 'telemetry_offsets_expired_total',
    help: 'Offsets that the log lost before they were read. Above zero somebody must act.',
    registers,
  })
  const lag = new Gauge({
    name: 'telemetry_lag_records',
    help: 'Records behind the end of the partition after the last batch.',
    labelNames: ['partition'],
    registers,
  })
  const outage = new Gauge({
    name: 'telemetry_database_outage',
    help: '1 while batches cannot be stored: the database or Kafka is away.',
    registers,
  })
  const storeSeconds = new Histogram({
    name: 'telemetry_store_batch_seconds',
    help: 'Seconds from having a batch to having it committed.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
    registers,
  })
  return {
    written(entry: LedgerEntry, path: WritePath): void {
      settled.inc({ outcome: 'stored' }, entry.stored)
      settled.inc({ outcome: 'duplicate' }, entry.duplicate)
      settled.inc({ outcome: 'dead-lettered' }, entry.deadLettered)
      transactions.inc({ path })
    },
    expired,
    lag,
    outage,
    storeSeconds,
  }
}

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>
