import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { LastCheck } from '../adapters/postgres/account-store.ts'
import type { StoredDay } from '../adapters/postgres/day-store.ts'
import type { PlacedLedger } from '../adapters/postgres/ledger-store.ts'
import type { LogRange, PartitionLedger } from '../telemetry/ledger.ts'

/** What the database and the cluster say of the platform as a whole. */
export type AccountView = {
  readonly ledgers: readonly PlacedLedger[]
  readonly currentLog: number | undefined
  /** Of the current log, by partition; empty while Kafka does not answer. */
  readonly ranges: readonly LogRange[]
  readonly days: readonly StoredDay[]
  /** Days past the retention that are still there. */
  readonly daysOverdue: number
  readonly rowsOfRetiredDays: number
  readonly lastCheck: LastCheck | undefined
  /** Seconds after which the next check is due. */
  readonly checkIntervalSeconds: number
}

const outcomes = ['stored', 'duplicate', 'dead_lettered', 'expired', 'without_record'] as const
const everyConsumerSays = 'Every consumer says the same: take the maximum, not the sum.'

/** The account as gauges: each consumer shows that of the whole platform. */
export class AccountMetrics {
  readonly #gauge: Readonly<Record<GaugeName, Gauge>>

  constructor(registry: Registry) {
    this.#gauge = createGauges(registry)
  }

  show(view: AccountView): void {
    for (const ledger of view.ledgers) this.#showLedger(ledger)
    for (const outcome of outcomes) {
      const all = view.ledgers.reduce((sum, ledger) => sum + countOf(ledger, outcome), 0)
      this.#gauge.outcome.set({ outcome }, all)
    }
    this.#gauge.settled.set(view.ledgers.reduce((sum, ledger) => sum + settledOf(ledger), 0))
    this.#showInFlight(view)
    this.#gauge.daysKept.set(view.days.length)
    this.#gauge.daysOverdue.set(view.daysOverdue)
    this.#gauge.daysBytes.set(view.days.reduce((sum, { bytes }) => sum + bytes, 0))
    this.#gauge.rowsRetired.set(view.rowsOfRetiredDays)
    this.#gauge.checkInterval.set(view.checkIntervalSeconds)
    if (view.lastCheck) this.#showCheck(view.lastCheck)
    this.#gauge.viewedAt.setToCurrentTime()
  }

  #showLedger(ledger: PlacedLedger): void {
    const place = { log: ledger.log, partition: ledger.partition }
    this.#gauge.partitionSettled.set(place, settledOf(ledger))
    for (const outcome of outcomes) {
      this.#gauge.partitionOutcome.set({ ...place, outcome }, countOf(ledger, outcome))
    }
  }

  /** Nothing where Kafka does not answer: what is in flight is then not known. */
  #showInFlight({ ledgers, currentLog, ranges }: AccountView): void {
    const { partitionInFlight, inFlight } = this.#gauge
    partitionInFlight.reset()
    inFlight.remove()
    if (currentLog === undefined || ranges.length === 0) return
    const current = ledgers.filter(({ log }) => log === currentLog)
    const next = new Map(current.map(({ partition, nextOffset }) => [partition, nextOffset]))
    let all = 0
    for (const [partition, { low, high }] of ranges.entries()) {
      const count = Math.max(0, high - (next.get(partition) ?? low))
      partitionInFlight.set({ log: currentLog, partition }, count)
      all += count
    }
    inFlight.set(all)
  }

  #showCheck(check: LastCheck): void {
    this.#gauge.imbalance.set({ of: 'rows' }, check.rowImbalance)
    this.#gauge.imbalance.set({ of: 'ledgers' }, check.ledgerImbalance)
    this.#gauge.checkedAt.set(check.checkedAt.getTime() / 1000)
    this.#gauge.checkSeconds.set(check.seconds)
  }
}

const gauges = {
  partitionSettled: ['telemetry_ledger_settled_offsets', 'Offsets whose fate is settled.'],
  partitionOutcome: ['telemetry_ledger_offsets', 'Settled offsets, by outcome.'],
  partitionInFlight: [
    'telemetry_ledger_in_flight_offsets',
    'Offsets that are in the log and not settled yet.',
  ],
  settled: ['telemetry_account_settled_offsets', 'Offsets of all partitions that are settled.'],
  outcome: ['telemetry_account_offsets', 'Settled offsets of all partitions, by outcome.'],
  inFlight: [
    'telemetry_account_in_flight_offsets',
    'Offsets of all partitions that are in the log and not settled yet.',
  ],
  imbalance: [
    'telemetry_account_imbalance',
    'By how much the last check found ledgers (offsets) or rows off. Not 0: somebody must act.',
  ],
  checkedAt: ['telemetry_account_check_timestamp_seconds', 'When the last check was made.'],
  checkSeconds: ['telemetry_account_check_seconds', 'How long the last check took.'],
  checkInterval: [
    'telemetry_account_check_interval_seconds',
    'How long after a check the next one is due.',
  ],
  daysKept: ['telemetry_days_kept', 'Days of readings that are kept.'],
  daysOverdue: ['telemetry_days_overdue', 'Days past the retention that are still there.'],
  daysBytes: ['telemetry_days_bytes', 'Their size on disk, indexes and all.'],
  rowsRetired: ['telemetry_rows_retired', 'Rows that retention has dropped with their days.'],
  viewedAt: [
    'telemetry_account_view_timestamp_seconds',
    'When the figures of the account were last read.',
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
    const labelNames = labels[key as GaugeName] ?? []
    const gauge = new Gauge({
      name,
      help: `${help} ${everyConsumerSays}`,
      labelNames,
      registers: [registry],
    })
    // Before the first look nothing is known, and 0 would say that it is.
    if (labelNames.length === 0) gauge.remove()
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
