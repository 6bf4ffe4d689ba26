import { expect } from 'chai'
import fc from 'fast-check'
import type { LedgerEntry, PartitionLedger } from '../../../services/telemetry/ledger.ts'
import {
  advance,
  decidePosition,
  emptyEntry,
  imbalanceOf,
  ledgerImbalanceOf,
  offsetsOf,
  rowImbalanceOf,
  toSpans,
} from '../../../services/telemetry/ledger.ts'

const count = fc.nat(1_000_000)
const anyEntry: fc.Arbitrary<LedgerEntry> = fc.record({
  stored: count,
  duplicate: count,
  deadLettered: count,
  expired: count,
  withoutRecord: count,
})
const begun = (startOffset: number): PartitionLedger => ({
  startOffset,
  nextOffset: startOffset,
  ...emptyEntry,
})

describe('ledger', () => {
  it('adds each count of an entry to its own, and moves on by their sum', () => {
    const entry = { stored: 1, duplicate: 20, deadLettered: 300, expired: 4000, withoutRecord: 5e4 }
    expect(offsetsOf(entry)).to.equal(54_321)
    expect(advance(advance(begun(7), entry), entry)).to.deep.equal({
      startOffset: 7,
      nextOffset: 7 + 2 * 54_321,
      stored: 2,
      duplicate: 40,
      deadLettered: 600,
      expired: 8000,
      withoutRecord: 100_000,
    })
  })

  it('balances after any entries', () => {
    fc.assert(
      fc.property(count, fc.array(anyEntry), (start, entries) => {
        expect(imbalanceOf(entries.reduce(advance, begun(start)))).to.equal(0)
      }),
    )
  })

  it('says by how much an account that lost offsets is off', () => {
    const ledger = advance(begun(5), { ...emptyEntry, stored: 10 })
    expect(imbalanceOf({ ...ledger, stored: 8 })).to.equal(2)
    expect(imbalanceOf({ ...ledger, duplicate: 1 })).to.equal(-1)
  })

  it('counts too much in one ledger and too little in another as off by both', () => {
    const ledger = advance(begun(5), { ...emptyEntry, stored: 10 })
    expect(ledgerImbalanceOf([ledger, ledger])).to.equal(0)
    expect(ledgerImbalanceOf([{ ...ledger, stored: 8 }, ledger])).to.equal(2)
    const off = [
      { ...ledger, stored: 8 },
      { ...ledger, expired: 3 },
    ]
    expect(ledgerImbalanceOf(off)).to.equal(5)
  })

  it('holds rows and rows of retired days against what was stored and redriven', () => {
    const account = { rows: 90, rowsOfRetiredDays: 12, stored: 100, redriven: 2 }
    expect(rowImbalanceOf(account)).to.equal(0)
    expect(rowImbalanceOf({ ...account, rows: 91 })).to.equal(1)
    expect(rowImbalanceOf({ ...account, rowsOfRetiredDays: 11 })).to.equal(-1)
    expect(rowImbalanceOf({ ...account, stored: 101 })).to.equal(-1)
    expect(rowImbalanceOf({ ...account, redriven: 3 })).to.equal(-1)
  })
})

describe('decidePosition', () => {
  it('reads on where the fetch asked for what the ledger expects', () => {
    expect(decidePosition(10, 10, { low: 0, high: 50 })).to.deep.equal({ kind: 'read-on' })
  })

  it('reads on at either end of the log', () => {
    expect(decidePosition(10, 10, { low: 10, high: 50 })).to.deep.equal({ kind: 'read-on' })
    expect(decidePosition(10, 10, { low: 0, high: 10 })).to.deep.equal({ kind: 'read-on' })
    expect(decidePosition(0, 0, { low: 0, high: 0 })).to.deep.equal({ kind: 'read-on' })
  })

  it('seeks to the ledger where the fetch asked for earlier or later offsets', () => {
    expect(decidePosition(10, 0, { low: 0, high: 50 })).to.deep.equal({ kind: 'seek', offset: 10 })
    expect(decidePosition(10, 11, { low: 0, high: 50 })).to.deep.equal({ kind: 'seek', offset: 10 })
  })

  it('counts what the log lost before it was read, whatever the fetch asked for', () => {
    const expired = { kind: 'gap-expired', from: 10, to: 20 }
    for (const fetched of [0, 10, 20, 30]) {
      expect(decidePosition(10, fetched, { low: 20, high: 50 })).to.deep.equal(expired)
    }
  })

  it('takes a log that ends before the ledger for a new one', () => {
    for (const fetched of [0, 9, 10]) {
      const decision = decidePosition(10, fetched, { low: 0, high: 9 })
      expect(decision).to.deep.equal({ kind: 'new-log' })
    }
  })
})

describe('toSpans', () => {
  it('makes runs of consecutive offsets', () => {
    expect(toSpans([])).to.deep.equal([])
    expect(toSpans([5])).to.deep.equal([{ first: 5, last: 5 }])
    expect(toSpans([1, 2, 3, 7, 9, 10])).to.deep.equal([
      { first: 1, last: 3 },
      { first: 7, last: 7 },
      { first: 9, last: 10 },
    ])
  })

  it('covers exactly the offsets, with no run beside another', () => {
    const ascending = fc
      .uniqueArray(fc.nat(60))
      .map((offsets) => offsets.sort((left, right) => left - right))
    fc.assert(
      fc.property(ascending, (offsets) => {
        const spans = toSpans(offsets)
        const covered = spans.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        )
        expect(covered).to.deep.equal(offsets)
        for (const [index, { first }] of spans.entries()) {
          if (index > 0) expect(first).to.be.greaterThan(spans[index - 1]!.last + 1)
        }
      }),
    )
  })
})
