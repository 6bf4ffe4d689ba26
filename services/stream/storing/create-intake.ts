import type { MultiPartitionStore } from '../../ledger/batch.ts'
import { systemClock } from '../../runtime/clock.ts'
import type { BatchIntake } from './batch-intake.ts'
import { DirectIntake } from './batch-intake.ts'
import type { BatchLimits } from './collect-batches.ts'
import { BatchCollector } from './collect-batches.ts'
import { GatheringBatchStore } from './gather-batches.ts'
import type { Outages } from './outages.ts'
import { noPartition } from './outages.ts'
import type { OnWritten } from './store-batch.ts'
import { BatchStorer } from './store-batch.ts'
import { TogetherStorer } from './store-together.ts'

type Options<Row> = {
  readonly store: MultiPartitionStore<Row>
  readonly outages: Outages
  /** When records are stored together; undefined stores each batch when it arrives. */
  readonly limits: BatchLimits | undefined
  readonly onWritten: OnWritten<Row>
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
}

/** Creates the intake of a pipeline. */
export function createIntake<Row>(options: Options<Row>): BatchIntake<Row> {
  const { store, outages, limits, onWritten, signal } = options
  if (limits === undefined)
    return new DirectIntake(new BatchStorer(new GatheringBatchStore(store), onWritten), outages)
  const storer = new BatchStorer(store, onWritten)
  const together = new TogetherStorer({ store, storer, onWritten, inParallel: limits.inParallel })
  return new BatchCollector({
    ...{ limits, signal, clock: systemClock },
    store: (batches, stop) =>
      together.store(batches, (attempt, partition = noPartition) =>
        outages.retry(attempt, partition, stop),
      ),
  })
}
