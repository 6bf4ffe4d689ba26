import type { DecodedBatch } from '../../../services/ledger/batch.ts'
import { unlessAborted } from '../../../services/runtime/abort.ts'
import type { Delivery } from '../../../services/stream/storing/batch-intake.ts'
import { BatchCollector } from '../../../services/stream/storing/collect-batches.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { aBatch, anEntry } from '../../support/builders.ts'
import { ManualClock } from '../../support/manual-clock.ts'

type Batch = DecodedBatch<ReceivedReading>
export const withinMs = 30_000

/** A collector whose store can be paused, and what it has done. */
export class Collecting {
  readonly clock = new ManualClock()
  readonly stop = new AbortController()
  /** Each transaction as `partition:expected-following(records) …`. */
  readonly transactions: string[] = []
  /** What was reported of deliveries, in order. */
  readonly reports: string[] = []
  /** Ledgers; a batch that does not start at its ledger is not stored. */
  readonly ledgers = new Map<number, number>()
  /** Set while the database is away. */
  away: { readonly return: () => void; readonly until: Promise<void> } | undefined
  /** Whether a transaction succeeds that was stopped while the database was away. */
  isCommitting = false
  failure: Error | undefined
  readonly collector: BatchCollector<ReceivedReading>

  constructor(records: number) {
    this.collector = new BatchCollector({
      limits: { records, withinMs },
      clock: this.clock,
      store: (batches, stop) => this.#store(batches, stop),
      signal: this.stop.signal,
    })
  }

  goAway(): void {
    let comeBack = (): void => undefined
    const until = new Promise<void>((resolve) => (comeBack = resolve))
    this.away = { return: comeBack, until }
  }

  async #store(batches: readonly Batch[], stop: AbortSignal): Promise<ReadonlySet<number>> {
    const { away, isCommitting } = this
    if (away) await (isCommitting ? away.until : unlessAborted(away.until, stop))
    if (stop.aborted && !isCommitting) throw new Error('stopped')
    if (this.failure) throw this.failure
    const moved = batches.filter(
      ({ partition, expectedOffset }) => (this.ledgers.get(partition) ?? 0) !== expectedOffset,
    )
    const stored = batches.filter((batch) => !moved.includes(batch))
    for (const { partition, followingOffset } of stored)
      this.ledgers.set(partition, followingOffset)
    this.transactions.push(stored.map(describeBatch).join(' '))
    return new Set(moved.map(({ partition }) => partition))
  }

  /** Takes `count` records from `first` on. Resolves to whether they were taken. */
  readonly take = (partition: number, first: number, count: number): Promise<boolean> =>
    this.takeUntil(this.stop.signal, partition, [first, count])

  readonly takeUntil = (
    stop: AbortSignal,
    partition: number,
    [first, count]: readonly [number, number],
  ): Promise<boolean> => {
    const entries = Array.from({ length: count }, (_, index) => anEntry(first + index))
    return this.collector.take(this.deliveryOf(aBatch(entries, { partition })), stop)
  }

  readonly deliveryOf = (batch: Batch): Delivery<ReceivedReading> => {
    const { partition } = batch
    return {
      batch,
      onStored: (part) => this.reports.push(`stored ${describeBatch(part)}`),
      onWaiting: (storedTo) => this.reports.push(`waiting ${partition}:${storedTo}`),
      readAgain: (offset) => this.reports.push(`read again ${partition}:${offset}`),
      fail: (error) => this.reports.push(`failed ${partition}: ${(error as Error).message}`),
    }
  }
}

function describeBatch({ partition, expectedOffset, followingOffset, entries }: Batch): string {
  return `${partition}:${expectedOffset}-${followingOffset}(${entries.length})`
}
