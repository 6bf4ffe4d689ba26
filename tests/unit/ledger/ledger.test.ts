import { expect } from 'chai'
import fc from 'fast-check'
import type {
  LedgerEntry,
  PartitionLedger,
  RecordIdentity,
} from '../../../services/ledger/ledger.ts'
import {
  advance,
  decidePosition,
  emptyEntry,
  imbalanceOf,
  ledgerImbalanceOf,
  settledOffsets,
  rowImbalanceOf,
  toSpans,
} from '../../../services/ledger/ledger.ts'

const count = fc.nat(1_000_000)
const anyEntry: fc.Arbitrary<LedgerEntry> = fc.record({
  stored: count,
  updated: count,
  duplicate: count,
  deadLettered: count,
  expired: count,
  withoutRecord: count,
})
const emptyLedger = (startOffset: number): PartitionLedger => ({
  startOffset,
  nextOffset: startOffset,
  ...emptyEntry,
})

describe('ledger', () => {
  it('adds each count of an entry to its own, and moves on by their sum', () => {
    const entry = {
      ...{ stored: 1, duplicate: 20, deadLettered: 300, expired: 4000, withoutRecord: 5e4 },
      updated: 6e5,
    }
    expect(settledOffsets(entry)).to.equal(654_321)
    expect(advance(advance(emptyLedger(7), entry), entry)).to.deep.equal({
      startOffset: 7,
      nextOffset: 7 + 2 * 654_321,
      stored: 2,
      updated: 1_200_000,
      duplicate: 40,
      deadLettered: 600,
      expired: 8000,
      withoutRecord: 100_000,
    })
  })

  it('balances after any entries', () => {
    fc.assert(
      fc.property(count, fc.array(anyEntry), (start, entries) => {
        expect(imbalanceOf(entries.reduce(advance, emptyLedger(start)))).to.equal(0)
      }),
    )
  })

  it('says by how much an account that lost offsets is off', () => {
    const ledger = advance(emptyLedger(5), { ...emptyEntry, stored: 10 })
    expect(imbalanceOf({ ...ledger, stored: 8 })).to.equal(2)
    expect(imbalanceOf({ ...ledger, duplicate: 1 })).to.equal(-1)
  })

  it('counts too much in one ledger and too little in another as off by both', () => {
    const ledger = advance(emptyLedger(5), { ...emptyEntry, stored: 10 })
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
  /** A fetch that brought a record at each offset, appended when its offset says. */
  const fetched = (from: number, to: number) => {
    const offsets = Array.from({ length: to - from }, (_, index) => from + index)
    return { from, to, records: offsets.map((offset) => ({ offset, appendedAt: 1000 + offset })) }
  }
  const ledger = (nextOffset: number, lastRecord?: RecordIdentity) => ({ nextOffset, lastRecord })
  const whole = { low: 0, high: 50 }

  it('reads on where the fetch holds what the ledger expects', () => {
    for (const batch of [fetched(10, 11), fetched(10, 50), fetched(0, 11)]) {
      expect(decidePosition(ledger(10), batch, whole)).to.deep.equal({ kind: 'continue' })
    }
  })

  it('reads on at the low end of the log', () => {
    const decision = decidePosition(ledger(10), fetched(10, 12), { low: 10, high: 50 })
    expect(decision).to.deep.equal({ kind: 'continue' })
  })

  it('seeks to the ledger where the fetch holds earlier or later offsets', () => {
    const seek = { kind: 'seek', offset: 10 }
    for (const batch of [fetched(0, 10), fetched(9, 10), fetched(11, 12)]) {
      expect(decidePosition(ledger(10), batch, whole)).to.deep.equal(seek)
    }
  })

  it('counts what the log lost before it was read, whatever the fetch asked for', () => {
    const expired = { kind: 'gap-expired', from: 10, to: 20 }
    for (const from of [0, 10, 20, 30]) {
      const range = { low: 20, high: 50 }
      const decision = decidePosition(ledger(10), fetched(from, from + 1), range)
      expect(decision).to.deep.equal(expired)
    }
  })

  it('takes a log that ends before the ledger for a new one', () => {
    for (const from of [0, 9, 10]) {
      const decision = decidePosition(ledger(10), fetched(from, from + 1), { low: 0, high: 9 })
      expect(decision).to.deep.equal({ kind: 'new-log' })
    }
  })

  describe('where the ledger knows its last record', () => {
    const last = { offset: 9, appendedAt: 1009 }

    it('looks at it first where the fetch has not brought it', () => {
      const look = { kind: 'verify-record', offset: 9 }
      for (const batch of [fetched(10, 12), fetched(0, 9)]) {
        expect(decidePosition(ledger(10, last), batch, whole)).to.deep.equal(look)
      }
    })

    it('reads on, or seeks, once it has been seen', () => {
      const seek = { kind: 'seek', offset: 10 }
      expect(decidePosition(ledger(10, last), fetched(9, 10), whole)).to.deep.equal(seek)
      const decision = decidePosition(ledger(10, last), fetched(9, 11), whole)
      expect(decision).to.deep.equal({ kind: 'continue' })
    })

    it('takes a log for a new one that has another record in its place, or none', () => {
      const other = { ...last, appendedAt: 2009 }
      const batch = fetched(8, 12)
      const without = { ...batch, records: batch.records.filter(({ offset }) => offset !== 9) }
      for (const [known, brought] of [
        [other, batch],
        [last, without],
      ] as const) {
        const decision = decidePosition(ledger(10, known), brought, whole)
        expect(decision).to.deep.equal({ kind: 'new-log' })
      }
    })

    it('finds it where offsets without a record follow', () => {
      const decision = decidePosition(ledger(12, last), fetched(9, 13), whole)
      expect(decision).to.deep.equal({ kind: 'continue' })
    })

    it('does without where the log has it no more', () => {
      for (const low of [10, 11]) {
        const position = ledger(11, last)
        const decision = decidePosition(position, fetched(11, 12), { low, high: 50 })
        expect(decision).to.deep.equal({ kind: 'continue' })
      }
    })
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
