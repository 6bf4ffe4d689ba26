import { expect } from 'chai'
import type { LedgerEntry } from '../../../services/ledger/ledger.ts'
import { emptyEntry } from '../../../services/ledger/ledger.ts'
import type { MultiPartitionStore, WriteOutcome } from '../../../services/ledger/batch.ts'
import type { RetryUntilStored } from '../../../services/stream/storing/store-batch.ts'
import { BatchStorer } from '../../../services/stream/storing/store-batch.ts'
import { TogetherStorer } from '../../../services/stream/storing/store-together.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { aBatch, anEntry } from '../../support/builders.ts'

const runOnce: RetryUntilStored = (attempt) => attempt()
const batches = [0, 1, 2].map((partition) => aBatch([anEntry(0), anEntry(1)], { partition }))

/** A storer whose store records its calls and what was written. */
function aStorer() {
  const calls: string[] = []
  /** Outcomes of separate writes by partition and path; the others are written. */
  const outcomes = new Map<string, WriteOutcome>()
  const state = { together: true }
  const store: MultiPartitionStore<ReceivedReading> = {
    write: ({ partition, entries }, path) => {
      const call = `${path} ${partition}`
      calls.push(call)
      const entry = { ...emptyEntry, stored: entries.length }
      return Promise.resolve(outcomes.get(call) ?? { kind: 'written', entry })
    },
    writeTogether: (together) => {
      calls.push(`together ${together.map(({ partition }) => partition).join(' ')}`)
      const entries = together.map((each) => ({ ...emptyEntry, stored: each.entries.length }))
      return Promise.resolve(state.together ? entries : undefined)
    },
  }
  const written: string[] = []
  const onWritten = (entry: LedgerEntry, path: string): void => {
    written.push(`${path} ${entry.stored}`)
  }
  const storer = new BatchStorer(store, onWritten)
  return {
    together: new TogetherStorer({ store, storer, onWritten }),
    calls,
    written,
    outcomes,
    state,
  }
}

describe('TogetherStorer', () => {
  it('stores batches of several partitions in one transaction, and reports each', async () => {
    const { together, calls, written } = aStorer()
    expect([...(await together.store(batches, runOnce))]).to.deep.equal([])
    expect(calls).to.deep.equal(['together 0 1 2'])
    expect(written).to.deep.equal(['direct 2', 'direct 2', 'direct 2'])
  })

  it('stores each batch separately if one has a key conflict, and the next ones too', async () => {
    const { together, calls, outcomes, state } = aStorer()
    state.together = false
    outcomes.set('direct 1', { kind: 'key-taken' })
    expect([...(await together.store(batches, runOnce))]).to.deep.equal([])
    const separately = ['direct 0', 'direct 1', 'merge 1', 'merge 2']
    expect(calls).to.deep.equal(['together 0 1 2', ...separately])
    state.together = true
    await together.store(batches, runOnce)
    expect(calls.slice(5)).to.deep.equal(['merge 0', 'merge 1', 'merge 2'])
  })

  it('returns the partitions that another consumer has continued', async () => {
    const { together, written, outcomes, state } = aStorer()
    state.together = false
    outcomes.set('direct 1', { kind: 'ledger-moved' })
    expect([...(await together.store(batches, runOnce))]).to.deep.equal([1])
    expect(written).to.deep.equal(['direct 2', 'direct 2'])
  })

  it('stores the batch of one partition like any batch', async () => {
    const { together, calls } = aStorer()
    await together.store(batches.slice(0, 1), runOnce)
    expect(calls).to.deep.equal(['direct 0'])
  })
})
