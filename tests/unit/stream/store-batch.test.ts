import { expect } from 'chai'
import fc from 'fast-check'
import type { RetryUntilStored } from '../../../services/stream/storing/store-batch.ts'
import { BatchStorer } from '../../../services/stream/storing/store-batch.ts'
import type { DecodedEntry } from '../../../services/ledger/batch.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { aBatch, anEntry, noon } from '../../support/builders.ts'
import { MemoryStore } from './memory-store.ts'

const runOnce: RetryUntilStored = (attempt) => attempt()
const entriesFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => anEntry(first + index))

describe('BatchStorer', () => {
  let store: MemoryStore
  let storer: BatchStorer<ReceivedReading>
  let written: string[]
  beforeEach(() => {
    store = new MemoryStore()
    written = []
    storer = new BatchStorer(store, ({ stored, duplicate, deadLettered }, path) => {
      written.push(`${path} ${stored} ${duplicate} ${deadLettered}`)
    })
  })

  /** Stores one reading per batch, with the given sequences as keys. */
  async function storeSingly(sequences: readonly number[]): Promise<void> {
    for (const sequence of sequences) {
      await storer.store(aBatch([anEntry(store.nextOffset, { sequence })]), runOnce)
    }
  }

  it('uses the direct path while keys are new', async () => {
    expect(await storer.store(aBatch(entriesFrom(0, 3)), runOnce)).to.equal(true)
    expect(await storer.store(aBatch(entriesFrom(3, 2)), runOnce)).to.equal(true)
    expect(store.paths).to.deep.equal(['direct', 'direct'])
    expect(written).to.deep.equal(['direct 3 0 0', 'direct 2 0 0'])
  })

  it('merges a batch with an existing key, and reports only committed transactions', async () => {
    await storeSingly([7, 7])
    expect(store.paths).to.deep.equal(['direct', 'direct', 'merge'])
    expect(written).to.deep.equal(['direct 1 0 0', 'merge 0 1 0'])
  })

  it('merges the next 50 batches without the direct path, and then returns to the direct path', async () => {
    await storeSingly([0, 0])
    store.calls.length = 0
    await storeSingly(Array.from({ length: 51 }, (_, index) => 1 + index))
    expect(store.paths).to.deep.equal([...Array<string>(50).fill('merge'), 'direct'])
  })

  it('merges again after the next existing key', async () => {
    await storeSingly([0, 0, ...Array.from({ length: 50 }, (_, index) => 1 + index)])
    store.calls.length = 0
    await storeSingly([0, 100])
    expect(store.paths).to.deep.equal(['direct', 'merge', 'merge'])
  })

  it('stops if another consumer has continued the partition', async () => {
    store.nextOffset = 5
    expect(await storer.store(aBatch(entriesFrom(0, 3)), runOnce)).to.equal(false)
    expect(store.paths).to.deep.equal(['direct'])
    expect(written).to.deep.equal([])
  })

  it('divides a batch in one transaction if the database refuses a row', async () => {
    store.refusedOffsets.add(5)
    expect(await storer.store(aBatch(entriesFrom(0, 8)), runOnce)).to.equal(true)
    expect(store.paths).to.deep.equal(['direct', 'divide'])
    expect(written).to.deep.equal(['divide 7 0 1'])
    expect(await storer.store(aBatch(entriesFrom(8, 1)), runOnce)).to.equal(true)
    expect(store.paths).to.deep.equal(['direct', 'divide', 'direct'])
  })

  it('divides a batch that was merged first', async () => {
    await storeSingly([0, 0])
    store.calls.length = 0
    store.refusedOffsets.add(2)
    await storeSingly([1])
    expect(store.paths).to.deep.equal(['merge', 'divide'])
  })

  it('merges a batch of which the direct path leaves out a row', async () => {
    store.leftOutOffsets.add(1)
    expect(await storer.store(aBatch(entriesFrom(0, 3)), runOnce)).to.equal(true)
    expect(await storer.store(aBatch(entriesFrom(3, 1)), runOnce)).to.equal(true)
    expect(store.paths).to.deep.equal(['direct', 'merge', 'merge'])
  })

  it('halves a batch that cannot be divided until the refused record is alone', async () => {
    store.unreadableOffsets.add(5)
    expect(await storer.store(aBatch(entriesFrom(0, 8)), runOnce)).to.equal(true)
    const detail = 'offset 5 is invalid'
    const letter = { offset: 5, code: 'refused-by-database', detail }
    expect(store.deadLetters).to.deep.equal([letter])
    expect(store.storedOffsets).to.deep.equal([0, 1, 2, 3, 4, 6, 7])
    expect(store.nextOffset).to.equal(8)
    expect(store.calls.map(({ path, offsets }) => `${path} ${offsets.join(' ')}`)).to.deep.equal([
      'direct 0 1 2 3 4 5 6 7',
      'divide 0 1 2 3 4 5 6 7',
      'direct 0 1 2 3',
      'direct 4 5 6 7',
      'divide 4 5 6 7',
      'direct 4 5',
      'divide 4 5',
      'direct 4',
      'direct 5',
      'divide 5',
      'direct 5',
      'direct 6 7',
    ])
  })

  it('keeps the order and loses no offset, whichever records are refused', async () => {
    const anyRefused = fc.uniqueArray(fc.nat(19), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), anyRefused, async (count, refused) => {
        store = new MemoryStore()
        for (const [index, offset] of refused.entries())
          (index % 2 === 0 ? store.refusedOffsets : store.unreadableOffsets).add(offset * 2)
        storer = new BatchStorer(store, () => undefined)
        // Every second offset has no record, as with Kafka's control records.
        const entries = Array.from({ length: count }, (_, index) => anEntry(index * 2))
        const batch = aBatch(entries, { followingOffset: count * 2 + 3 })
        expect(await storer.store(batch, runOnce)).to.equal(true)
        const offsets = entries.map(({ offset }) => offset)
        const isRefused = (offset: number) =>
          store.refusedOffsets.has(offset) || store.unreadableOffsets.has(offset)
        expect(store.storedOffsets).to.deep.equal(offsets.filter((offset) => !isRefused(offset)))
        expect(store.deadLetters.map(({ offset }) => offset)).to.deep.equal(
          offsets.filter(isRefused),
        )
        expect(store.nextOffset).to.equal(count * 2 + 3)
      }),
    )
  })

  it('stops halving if another consumer continues the partition', async () => {
    store.unreadableOffsets.add(3)
    const continueElsewhere: RetryUntilStored = (attempt) => {
      if (store.calls.length === 3) store.nextOffset = 99
      return attempt()
    }
    expect(await storer.store(aBatch(entriesFrom(0, 4)), continueElsewhere)).to.equal(false)
    expect(store.storedOffsets).to.deep.equal([0, 1])
    expect(store.deadLetters).to.deep.equal([])
  })

  it('keeps the reason of an entry that was refused before its batch was halved', async () => {
    const original = { key: null, value: null, headers: [], appendedAt: noon }
    const refusedEntry: DecodedEntry<ReceivedReading> = {
      kind: 'refused',
      offset: 0,
      code: 'invalid-vin',
      detail: 'd',
      original,
    }
    store.unreadableOffsets.add(1)
    await storer.store(aBatch([refusedEntry, anEntry(1)]), runOnce)
    expect(store.deadLetters.map(({ code }) => code)).to.deep.equal([
      'invalid-vin',
      'refused-by-database',
    ])
  })

  it('advances the ledger over a batch without records', async () => {
    const batch = aBatch([], { expectedOffset: 0, followingOffset: 4 })
    expect(await storer.store(batch, runOnce)).to.equal(true)
    expect(store.nextOffset).to.equal(4)
  })

  it('rejects with the error of an outage that is not retried', async () => {
    const outage = new Error('database unavailable')
    const failing: RetryUntilStored = () => Promise.reject(outage)
    const failure = await storer
      .store(aBatch(entriesFrom(0, 1)), failing)
      .catch((error: unknown) => error)
    expect(failure).to.equal(outage)
    expect(store.calls).to.deep.equal([])
  })
})
