import { setImmediate as nextTurn } from 'node:timers/promises'
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
type Retry = <T>(attempt: () => Promise<T>, partition?: number) => Promise<T>
const batches = [0, 1, 2].map((partition) => aBatch([anEntry(0), anEntry(1)], { partition }))

/** A storer whose store records its calls and what was written. */
function aStorer(inParallel = false) {
  const calls: string[] = []
  /** Outcomes of separate writes by partition and path; the others are written. */
  const outcomes = new Map<string, WriteOutcome>()
  /** Separate writes begin to end when this resolves. */
  const state = { together: true, mayEnd: Promise.resolve() }
  const store: MultiPartitionStore<ReceivedReading> = {
    write: async ({ partition, entries }, path) => {
      const call = `${path} ${partition}`
      calls.push(call)
      await state.mayEnd
      const entry = { ...emptyEntry, stored: entries.length }
      return outcomes.get(call) ?? { kind: 'written', entry }
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
    together: new TogetherStorer({ store, storer, onWritten, inParallel }),
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

  it('stores separate batches at the same time if it may', async () => {
    const { together, calls, state } = aStorer(true)
    let end: () => void = () => undefined
    state.together = false
    state.mayEnd = new Promise((resolve) => (end = resolve))
    const stored = together.store(batches, runOnce)
    await nextTurn()
    expect(calls).to.deep.equal(['together 0 1 2', 'direct 0', 'direct 1', 'direct 2'])
    end()
    expect([...(await stored)]).to.deep.equal([])
  })

  it('stores at most six batches at the same time', async () => {
    const { together, calls, state } = aStorer(true)
    let end: () => void = () => undefined
    state.together = false
    state.mayEnd = new Promise((resolve) => (end = resolve))
    const many = Array.from({ length: 8 }, (_, partition) => aBatch([anEntry(0)], { partition }))
    const stored = together.store(many, runOnce)
    await nextTurn()
    expect(calls.slice(1)).to.deep.equal([0, 1, 2, 3, 4, 5].map((each) => `direct ${each}`))
    end()
    await stored
    expect(calls.slice(7)).to.deep.equal(['direct 6', 'direct 7'])
  })

  it('waits for all batches that it stores at the same time, also if one is not stored', async () => {
    const { together, written, state } = aStorer(true)
    state.together = false
    const failing: Retry = async (attempt, partition) => {
      if (partition === undefined) return attempt()
      if (partition === 0) throw new Error('stopped')
      await nextTurn()
      return attempt()
    }
    const error = await together.store(batches, failing).catch((thrown: unknown) => thrown)
    expect(String(error)).to.equal('Error: stopped')
    expect(written).to.deep.equal(['direct 2', 'direct 2'])
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
