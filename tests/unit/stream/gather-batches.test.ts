import { expect } from 'chai'
import { GatheringBatchStore } from '../../../services/stream/storing/gather-batches.ts'
import { emptyEntry } from '../../../services/ledger/ledger.ts'
import type { LedgerEntry } from '../../../services/ledger/ledger.ts'
import type {
  DecodedBatch,
  MultiPartitionStore,
  WriteOutcome,
  WritePath,
} from '../../../services/ledger/batch.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { aBatch, anEntry } from '../../support/builders.ts'

/** Records which partitions were written, and stores nothing. */
class RecordingStore implements MultiPartitionStore<ReceivedReading> {
  readonly calls: string[] = []
  canShare: () => Promise<boolean> = () => Promise.resolve(true)
  /** Outcomes of separate writes by partition; the others are written. */
  readonly outcomes = new Map<number, WriteOutcome>()

  write(
    { partition, entries }: DecodedBatch<ReceivedReading>,
    path: WritePath,
  ): Promise<WriteOutcome> {
    this.calls.push(`${path} ${partition}`)
    const written = { kind: 'written', entry: { ...emptyEntry, stored: entries.length } } as const
    return Promise.resolve(this.outcomes.get(partition) ?? written)
  }

  async writeTogether(
    batches: readonly DecodedBatch<ReceivedReading>[],
  ): Promise<readonly LedgerEntry[] | undefined> {
    this.calls.push(`together ${batches.map(({ partition }) => partition).join(' ')}`)
    if (!(await this.canShare())) return undefined
    return batches.map(({ entries }) => ({ ...emptyEntry, stored: entries.length }))
  }
}

const batchOf = (partition: number, count: number): DecodedBatch<ReceivedReading> =>
  aBatch(
    Array.from({ length: count }, (_, index) => anEntry(index)),
    { partition },
  )

describe('GatheringBatchStore', () => {
  let store: RecordingStore
  let gathered: GatheringBatchStore<ReceivedReading>
  beforeEach(() => {
    store = new RecordingStore()
    gathered = new GatheringBatchStore(store)
  })

  const writeAll = (...batches: DecodedBatch<ReceivedReading>[]) =>
    Promise.all(batches.map((batch) => gathered.write(batch, 'direct')))

  it('writes batches of the same turn together and returns the ledger entry of each batch', async () => {
    const outcomes = await writeAll(batchOf(0, 1), batchOf(1, 2), batchOf(2, 3))
    expect(store.calls).to.deep.equal(['together 0 1 2'])
    expect(outcomes).to.deep.equal(
      [1, 2, 3].map((stored) => ({ kind: 'written', entry: { ...emptyEntry, stored } })),
    )
  })

  it('writes a batch separately if no other arrives in the same turn', async () => {
    await gathered.write(batchOf(0, 1), 'direct')
    await gathered.write(batchOf(0, 1), 'direct')
    expect(store.calls).to.deep.equal(['direct 0', 'direct 0'])
  })

  it('writes large batches and merge batches separately', async () => {
    await Promise.all([
      gathered.write(batchOf(0, 257), 'direct'),
      gathered.write(batchOf(1, 1), 'merge'),
      gathered.write(batchOf(2, 256), 'direct'),
      gathered.write(batchOf(3, 1), 'direct'),
    ])
    expect(store.calls).to.deep.equal(['direct 0', 'merge 1', 'together 2 3'])
  })

  it('writes each batch separately, with its own outcome, if they cannot be written together', async () => {
    store.canShare = () => Promise.resolve(false)
    store.outcomes.set(1, { kind: 'ledger-moved' })
    const outcomes = await writeAll(batchOf(0, 1), batchOf(1, 1), batchOf(2, 1))
    expect(store.calls).to.deep.equal(['together 0 1 2', 'direct 0', 'direct 1', 'direct 2'])
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['written', 'ledger-moved', 'written'])
  })

  it('rejects all batches of a turn in an outage, and writes the next ones afterwards', async () => {
    const outage = new Error('database unavailable')
    store.canShare = () => Promise.reject(outage)
    const failures = await Promise.allSettled([
      gathered.write(batchOf(0, 1), 'direct'),
      gathered.write(batchOf(1, 1), 'direct'),
    ])
    expect(failures).to.deep.equal([
      { status: 'rejected', reason: outage },
      { status: 'rejected', reason: outage },
    ])
    store.canShare = () => Promise.resolve(true)
    await writeAll(batchOf(0, 1), batchOf(1, 1))
    expect(store.calls).to.deep.equal(['together 0 1', 'together 0 1'])
  })
})
