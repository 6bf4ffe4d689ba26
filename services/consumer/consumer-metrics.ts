import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Clock } from './clock.ts'
import { DelayMetrics } from './delay-metrics.ts'
import type { OnWritten } from './store-batch.ts'

/** What the consumer says of itself to Prometheus. */
export function createConsumerMetrics(registry: Registry, now: Clock) {
  const registers = [registry]
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
    written: writtenMetrics(registry, now),
    expired,
    lag,
    outage,
    storeSeconds,
  }
}

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>

function writtenMetrics(registry: Registry, now: Clock): OnWritten {
  const registers = [registry]
  const delays = new DelayMetrics(registry, now)
  const settled = new Counter({
    name: 'telemetry_offsets_settled_total',
    help: 'Offsets whose fate is in the ledger, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  // What has not happened yet is nought, so that its first time is seen as a rise.
  for (const outcome of ['stored', 'duplicate', 'dead-lettered']) settled.inc({ outcome }, 0)
  const transactions = new Counter({
    name: 'telemetry_transactions_total',
    help: 'Committed batches, by path.',
    labelNames: ['path'],
    registers,
  })
  return (entry, path, entries) => {
    settled.inc({ outcome: 'stored' }, entry.stored)
    settled.inc({ outcome: 'duplicate' }, entry.duplicate)
    settled.inc({ outcome: 'dead-lettered' }, entry.deadLettered)
    transactions.inc({ path })
    delays.note(entries)
  }
}
