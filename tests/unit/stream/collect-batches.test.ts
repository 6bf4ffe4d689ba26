import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { aBatch, anEntry } from '../../support/builders.ts'
import { Collecting, withinMs } from './collecting.ts'

/** The end of what was reported as stored, by partition. Expects that no offset is left out or repeated. */
function storedRanges(reports: readonly string[]): Map<number, number> {
  const ends = new Map<number, number>()
  for (const report of reports.filter((text) => text.startsWith('stored'))) {
    const [partition = NaN, from = NaN, to = NaN] = (report.match(/\d+/g) ?? []).map(Number)
    expect(from).to.equal(ends.get(partition) ?? 0)
    ends.set(partition, to)
  }
  return ends
}

/** Whether the promise has settled after all immediate effects. */
async function hasSettled(work: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  void work.then(settle, settle)
  await setImmediate()
  return isSettled
}

describe('BatchCollector', () => {
  it('stores nothing until the first record has waited so long, and then stores all partitions together', async () => {
    const { collector, clock, transactions, reports, take } = new Collecting(15)
    expect(await take(0, 0, 7)).to.equal(true)
    await clock.advance(withinMs - 1)
    expect(await take(1, 0, 7)).to.equal(true)
    expect(transactions).to.deep.equal([])
    await clock.advance(1)
    expect(transactions).to.deep.equal(['0:0-7(7) 1:0-7(7)'])
    expect(reports).to.deep.equal([
      'waiting 0:0',
      'waiting 1:0',
      'stored 0:0-7(7)',
      'stored 1:0-7(7)',
    ])
    await clock.advance(10 * withinMs)
    expect(transactions).to.have.length(1)
    await collector[Symbol.asyncDispose]()
  })

  it('stores at once when the last missing record arrives, also of a partition that waits already', async () => {
    const { transactions, take } = new Collecting(15)
    await take(0, 0, 8)
    await take(1, 0, 6)
    await setImmediate()
    expect(transactions).to.deep.equal([])
    await take(0, 8, 1)
    await setImmediate()
    expect(transactions).to.deep.equal(['0:0-9(9) 1:0-6(6)'])
  })

  it('measures the time from the first record after each transaction', async () => {
    const { clock, transactions, take } = new Collecting(2)
    await take(0, 0, 1)
    await clock.advance(withinMs - 1)
    await take(0, 1, 1)
    await take(0, 2, 1)
    await clock.advance(withinMs - 1)
    expect(transactions).to.deep.equal(['0:0-2(2)'])
    await clock.advance(1)
    expect(transactions).to.deep.equal(['0:0-2(2)', '0:2-3(1)'])
  })

  it('divides a larger batch into transactions of at most so many records, and keeps the rest', async () => {
    const { clock, transactions, reports, take } = new Collecting(15)
    expect(await take(3, 0, 40)).to.equal(true)
    await setImmediate()
    expect(transactions).to.deep.equal(['3:0-15(15)', '3:15-30(15)'])
    await clock.advance(withinMs)
    expect(transactions[2]).to.equal('3:30-40(10)')
    expect(reports.filter((report) => report.startsWith('stored'))).to.deep.equal([
      'stored 3:0-15(15)',
      'stored 3:15-30(15)',
      'stored 3:30-40(10)',
    ])
  })

  it('lets a batch without records wait, because it moves the ledger', async () => {
    const { clock, transactions, collector, deliveryOf, stop } = new Collecting(15)
    const batch = aBatch([], { expectedOffset: 0, followingOffset: 3 })
    expect(await collector.take(deliveryOf(batch), stop.signal)).to.equal(true)
    await clock.advance(withinMs)
    expect(transactions).to.deep.equal(['0:0-3(0)'])
  })

  it('stores before it has so many records if they have more than 16 MiB', async () => {
    const { transactions, collector, deliveryOf, stop } = new Collecting(1_000)
    const entry = anEntry(0)
    const original = { ...entry.original, value: new Uint8Array(17 * 1024 * 1024) }
    const delivery = deliveryOf(aBatch([{ ...entry, original }]))
    expect(await collector.take(delivery, stop.signal)).to.equal(true)
    await setImmediate()
    expect(transactions).to.deep.equal(['0:0-1(1)'])
  })

  describe('while the database is away', () => {
    it('takes the records of one more transaction, and lets further batches wait', async () => {
      const collecting = new Collecting(10)
      const { take, transactions } = collecting
      collecting.goAway()
      expect(await take(0, 0, 20)).to.equal(true)
      const waiting = take(1, 0, 5)
      expect(await hasSettled(waiting)).to.equal(false)
      collecting.away?.return()
      expect(await waiting).to.equal(true)
      await setImmediate()
      expect(transactions).to.deep.equal(['0:0-10(10)', '0:10-20(10)'])
    })

    it('does not take a batch whose handling is stopped', async () => {
      const collecting = new Collecting(10)
      const { take, takeUntil } = collecting
      collecting.goAway()
      await take(0, 0, 20)
      const handling = new AbortController()
      const waiting = takeUntil(handling.signal, 1, [0, 5])
      expect(await hasSettled(waiting)).to.equal(false)
      handling.abort()
      expect(await waiting).to.equal(false)
    })

    it('does not wait for it when it is disposed, and drops what waits', async () => {
      const collecting = new Collecting(10)
      const { take, transactions, collector, clock } = collecting
      collecting.goAway()
      await take(0, 0, 15)
      const waiting = take(1, 0, 10)
      await collector[Symbol.asyncDispose]()
      expect(await waiting).to.equal(false)
      await clock.advance(withinMs)
      expect(transactions).to.deep.equal([])
    })
  })

  it('drops what waits after a join, and collects again', async () => {
    const { collector, clock, take, transactions, reports } = new Collecting(3)
    await take(0, 0, 2)
    collector.clear()
    await clock.advance(withinMs)
    expect(transactions).to.deep.equal([])
    await take(0, 0, 2)
    await take(1, 0, 1)
    await setImmediate()
    expect(transactions).to.deep.equal(['0:0-2(2) 1:0-1(1)'])
    expect(reports.filter((report) => report.startsWith('stored'))).to.have.length(2)
  })

  it('reports nothing of a transaction that ends after a join', async () => {
    const collecting = new Collecting(2)
    const { collector, take, reports, transactions } = collecting
    collecting.goAway()
    collecting.isCommitting = true
    await take(0, 0, 2)
    collector.clear()
    collecting.away?.return()
    await setImmediate()
    expect([reports, transactions]).to.deep.equal([['waiting 0:0'], ['0:0-2(2)']])
  })

  it('drops a partition that another consumer has continued, reads it again, and stores the others', async () => {
    const { clock, ledgers, take, transactions, reports } = new Collecting(15)
    ledgers.set(1, 50)
    await take(0, 0, 3)
    await take(1, 10, 3)
    await clock.advance(withinMs)
    expect(transactions).to.deep.equal(['0:0-3(3)'])
    expect(reports.slice(2)).to.deep.equal(['stored 0:0-3(3)', 'read again 1:10'])
    expect(await take(1, 50, 15)).to.equal(true)
    await setImmediate()
    expect(transactions[1]).to.equal('1:50-65(15)')
  })

  it('takes nothing more of a batch whose first part found a moved ledger', async () => {
    const { ledgers, take, transactions, reports } = new Collecting(5)
    ledgers.set(0, 9)
    expect(await take(0, 0, 20)).to.equal(false)
    await setImmediate()
    expect(transactions).to.deep.equal([''])
    expect(reports).to.deep.equal(['read again 0:0'])
  })

  it('stores what waits of a partition on request, and does nothing for a partition that does not wait', async () => {
    const { collector, take, transactions, stop } = new Collecting(15)
    await take(0, 0, 2)
    await collector.storeWaiting(1, stop.signal)
    expect(transactions).to.deep.equal([])
    await collector.storeWaiting(0, stop.signal)
    expect(transactions).to.deep.equal(['0:0-2(2)'])
  })

  it('stores nothing of other partitions on request if the partition is being stored', async () => {
    const collecting = new Collecting(15)
    const { collector, take, transactions, stop } = collecting
    collecting.goAway()
    await take(0, 0, 15)
    await take(1, 0, 3)
    const stored = collector.storeWaiting(0, stop.signal)
    collecting.away?.return()
    await stored
    await setImmediate()
    expect(transactions).to.deep.equal(['0:0-15(15)'])
  })

  it('ends the client after an error that no retry can end, and takes nothing until the next join', async () => {
    const collecting = new Collecting(2)
    const { collector, take, reports } = collecting
    collecting.failure = new Error('a bug')
    await take(4, 0, 2)
    await setImmediate()
    expect(reports).to.include('failed 4: a bug')
    expect(await take(4, 2, 1)).to.equal(false)
    collecting.failure = undefined
    collector.clear()
    expect(await take(4, 0, 2)).to.equal(true)
  })

  it('loses no record, stores none twice, and has at most so many records in a transaction', async () => {
    const anyArrival = fc.record({ partition: fc.nat(3), count: fc.integer({ min: 1, max: 12 }) })
    const arrivals = fc.array(anyArrival, { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), arrivals, async (records, batches) => {
        const { clock, take, transactions, reports, collector } = new Collecting(records)
        const ends = new Map<number, number>()
        for (const { partition, count } of batches) {
          const first = ends.get(partition) ?? 0
          expect(await take(partition, first, count)).to.equal(true)
          ends.set(partition, first + count)
          if (count % 4 === 0) await clock.advance(withinMs)
        }
        await clock.advance(withinMs)
        expect(storedRanges(reports)).to.deep.equal(ends)
        for (const transaction of transactions) {
          const counts = [...transaction.matchAll(/\((\d+)\)/g)].map(([, count]) => Number(count))
          expect(counts.reduce((sum, count) => sum + count, 0)).to.be.within(1, records)
        }
        await collector[Symbol.asyncDispose]()
      }),
    )
  })
})
