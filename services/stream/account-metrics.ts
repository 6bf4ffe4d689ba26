import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { LastCheck, StoredAccount } from '../adapters/postgres/ledger/read-accounts.ts'
import type { LedgerOfPartition } from '../ledger/account.ts'
import type { LogRange, PartitionLedger } from '../ledger/ledger.ts'
import { removeValues } from './remove-values.ts'

/** The state of a pipeline in the database and in Kafka. It is the same for every consumer. */
export type AccountView = StoredAccount & {
  /** Offset ranges of the current log, by partition; empty while Kafka does not respond. */
  readonly ranges: readonly LogRange[]
  /** Seconds after which the next check is due. */
  readonly checkIntervalSeconds: number
}

const outcomes = [
  'stored',
  'updated',
  'duplicate',
  'dead_lettered',
  'expired',
  'without_record',
] as const
export const sameInEveryConsumer =
  'Every consumer reports the same value: use the maximum, not the sum.'

type PartitionLabels = {
  readonly pipeline: string
  readonly log: number
  readonly partition: number
}

/** The accounts of pipelines as gauges. Each consumer reports the whole pipeline. */
export class AccountMetrics {
  readonly #gauge: Readonly<Record<GaugeName, Gauge>>
  /** Labels of the in-flight gauges that are set now, by pipeline. */
  readonly #shownInFlight = new Map<string, readonly PartitionLabels[]>()

  constructor(registry: Registry) {
    this.#gauge = createGauges(registry)
  }

  show(view: AccountView): void {
    const { pipeline, ledgers } = view
    for (const ledger of ledgers) this.#showLedger(pipeline, ledger)
    for (const outcome of outcomes) {
      const total = ledgers.reduce((sum, ledger) => sum + countOf(ledger, outcome), 0)
      this.#gauge.outcome.set({ pipeline, outcome }, total)
    }
    const settled = ledgers.reduce((sum, ledger) => sum + settledOf(ledger), 0)
    this.#gauge.settled.set({ pipeline }, settled)
    this.#showInFlight(view)
    this.#gauge.checkInterval.set({ pipeline }, view.checkIntervalSeconds)
    if (view.lastCheck) this.#showCheck(pipeline, view.lastCheck)
    this.#gauge.viewedAt.set({ pipeline }, Date.now() / 1000)
  }

  /** Removes all values of a pipeline that no longer runs here. */
  async remove(pipeline: string): Promise<void> {
    await removeValues(Object.values(this.#gauge), pipeline)
    this.#shownInFlight.delete(pipeline)
  }

  #showLedger(pipeline: string, ledger: LedgerOfPartition): void {
    const labels = { pipeline, log: ledger.logId, partition: ledger.partition }
    this.#gauge.partitionSettled.set(labels, settledOf(ledger))
    for (const outcome of outcomes) {
      this.#gauge.partitionOutcome.set({ ...labels, outcome }, countOf(ledger, outcome))
    }
  }

  /** Sets no value while Kafka does not respond, because the number of records in flight is unknown then. */
  #showInFlight({ pipeline, ledgers, currentLogId, ranges }: AccountView): void {
    const { inFlight, partitionInFlight } = this.#gauge
    this.#removeInFlight(pipeline)
    if (currentLogId === undefined || ranges.length === 0) return
    const currentLedgers = ledgers.filter(({ logId }) => logId === currentLogId)
    const nextOffsets = new Map(
      currentLedgers.map(({ partition, nextOffset }) => [partition, nextOffset]),
    )
    const shownLabels: PartitionLabels[] = []
    let total = 0
    for (const [partition, { low, high }] of ranges.entries()) {
      const count = Math.max(0, high - (nextOffsets.get(partition) ?? low))
      const labels = { pipeline, log: currentLogId, partition }
      partitionInFlight.set(labels, count)
      shownLabels.push(labels)
      total += count
    }
    this.#shownInFlight.set(pipeline, shownLabels)
    inFlight.set({ pipeline }, total)
  }

  /** Removes only the values of this pipeline; other pipelines are updated separately. */
  #removeInFlight(pipeline: string): void {
    const { inFlight, partitionInFlight } = this.#gauge
    for (const labels of this.#shownInFlight.get(pipeline) ?? []) partitionInFlight.remove(labels)
    this.#shownInFlight.delete(pipeline)
    inFlight.remove({ pipeline })
  }

  #showCheck(pipeline: string, check: LastCheck): void {
    this.#gauge.imbalance.set({ pipeline, of: 'rows' }, check.rowImbalance)
    this.#gauge.imbalance.set({ pipeline, of: 'ledgers' }, check.ledgerImbalance)
    this.#gauge.checkedAt.set({ pipeline }, check.checkedAt.getTime() / 1000)
    this.#gauge.checkSeconds.set({ pipeline }, check.seconds)
  }
}

const gauges = {
  partitionSettled: ['telemetry_ledger_settled_offsets', 'Offsets whose outcome is settled.'],
  partitionOutcome: ['telemetry_ledger_offsets', 'Settled offsets, by outcome.'],
  partitionInFlight: [
    'telemetry_ledger_in_flight_offsets',
    'Offsets that are in the log but not settled yet.',
  ],
  settled: ['telemetry_account_settled_offsets', 'Offsets of all partitions that are settled.'],
  outcome: ['telemetry_account_offsets', 'Settled offsets of all partitions, by outcome.'],
  inFlight: [
    'telemetry_account_in_flight_offsets',
    'Offsets of all partitions that are in the log but not settled yet.',
  ],
  imbalance: [
    'telemetry_account_imbalance',
    'Difference that the last check found in ledgers (offsets) or rows. Any value but 0 requires action.',
  ],
  checkedAt: ['telemetry_account_check_timestamp_seconds', 'Time of the last check.'],
  checkSeconds: ['telemetry_account_check_seconds', 'Duration of the last check.'],
  checkInterval: ['telemetry_account_check_interval_seconds', 'Time from one check to the next.'],
  viewedAt: [
    'telemetry_account_view_timestamp_seconds',
    'Time at which the account was last read.',
  ],
} as const

type GaugeName = keyof typeof gauges

const labels: Partial<Record<GaugeName, string[]>> = {
  partitionSettled: ['log', 'partition'],
  partitionOutcome: ['log', 'partition', 'outcome'],
  partitionInFlight: ['log', 'partition'],
  outcome: ['outcome'],
  imbalance: ['of'],
}

function createGauges(registry: Registry): Record<GaugeName, Gauge> {
  const entries = Object.entries(gauges).map(([key, [name, help]]) => {
    const labelNames = ['pipeline', ...(labels[key as GaugeName] ?? [])]
    const gauge = new Gauge({
      name,
      help: `${help} ${sameInEveryConsumer}`,
      labelNames,
      registers: [registry],
    })
    return [key, gauge]
  })
  return Object.fromEntries(entries) as Record<GaugeName, Gauge>
}

function settledOf(ledger: PartitionLedger): number {
  return ledger.nextOffset - ledger.startOffset
}

function countOf(ledger: PartitionLedger, outcome: (typeof outcomes)[number]): number {
  switch (outcome) {
    case 'stored':
      return ledger.stored
    case 'updated':
      return ledger.updated
    case 'duplicate':
      return ledger.duplicate
    case 'dead_lettered':
      return ledger.deadLettered
    case 'expired':
      return ledger.expired
    case 'without_record':
      return ledger.withoutRecord
    default:
      return outcome satisfies never
  }
}
