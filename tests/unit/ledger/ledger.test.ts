import { expect } from 'chai'
import fc from 'fast-check'
import type {
  FetchedRange,
  LedgerEntry,
  LedgerPosition,
  LogRange,
  PartitionLedger,
  RecordIdentity,
} from '../../../services/ledger/ledger.ts'
import {
  advanceLedger,
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

describe('advanceLedger, imbalanceOf and rowImbalanceOf', () => {
  it('add each count of an entry to the ledger, and advance the ledger by their sum', () => {
    const entry = {
      ...{ stored: 1, duplicate: 20, deadLettered: 300, expired: 4000, withoutRecord: 5e4 },
      updated: 6e5,
    }
    expect(settledOffsets(entry)).to.equal(654_321)
    expect(advanceLedger(advanceLedger(emptyLedger(7), entry), entry)).to.deep.equal({
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

  it('return no imbalance after any entries', () => {
    fc.assert(
      fc.property(count, fc.array(anyEntry), (start, entries) => {
        expect(imbalanceOf(entries.reduce(advanceLedger, emptyLedger(start)))).to.equal(0)
      }),
    )
  })

  it('return the number of offsets that a ledger has lost or gained', () => {
    const ledger = advanceLedger(emptyLedger(5), { ...emptyEntry, stored: 10 })
    expect(imbalanceOf({ ...ledger, stored: 8 })).to.equal(2)
    expect(imbalanceOf({ ...ledger, duplicate: 1 })).to.equal(-1)
  })

  it('sum a surplus in one ledger and a deficit in another as absolute values', () => {
    const ledger = advanceLedger(emptyLedger(5), { ...emptyEntry, stored: 10 })
    expect(ledgerImbalanceOf([ledger, ledger])).to.equal(0)
    expect(ledgerImbalanceOf([{ ...ledger, stored: 8 }, ledger])).to.equal(2)
    const unbalanced = [
      { ...ledger, stored: 8 },
      { ...ledger, expired: 3 },
    ]
    expect(ledgerImbalanceOf(unbalanced)).to.equal(5)
  })

  it('compare the rows and the rows of retired days with the stored and redriven offsets', () => {
    const account = { rows: 90, rowsOfRetiredDays: 12, stored: 100, redriven: 2 }
    expect(rowImbalanceOf(account)).to.equal(0)
    expect(rowImbalanceOf({ ...account, rows: 91 })).to.equal(1)
    expect(rowImbalanceOf({ ...account, rowsOfRetiredDays: 11 })).to.equal(-1)
    expect(rowImbalanceOf({ ...account, stored: 101 })).to.equal(-1)
    expect(rowImbalanceOf({ ...account, redriven: 3 })).to.equal(-1)
  })
})

describe('decidePosition', () => {
  /** A fetched range with a record at each offset; the offset defines the time of the record. */
  const fetched = (from: number, to: number) => {
    const offsets = Array.from({ length: to - from }, (_, index) => from + index)
    return { from, to, records: offsets.map((offset) => ({ offset, appendedAt: 1000 + offset })) }
  }
  const ledger = (nextOffset: number, lastRecord?: RecordIdentity) => ({ nextOffset, lastRecord })
  const whole = { low: 0, high: 50 }
  /** The decision for a topic that cannot have gaps. */
  const decide = (position: LedgerPosition, batch: FetchedRange, range: LogRange) =>
    decidePosition(position, batch, { ...range, mayHaveGaps: false })

  it('continues if the fetched range contains the next offset of the ledger', () => {
    for (const batch of [fetched(10, 11), fetched(10, 50), fetched(0, 11)]) {
      expect(decide(ledger(10), batch, whole)).to.deep.equal({ kind: 'continue' })
    }
  })

  it('continues at the first offset of the log', () => {
    const decision = decide(ledger(10), fetched(10, 12), { low: 10, high: 50 })
    expect(decision).to.deep.equal({ kind: 'continue' })
  })

  it('seeks to the next offset of the ledger if the fetched range does not contain it', () => {
    const seek = { kind: 'seek', offset: 10 }
    for (const batch of [fetched(0, 10), fetched(9, 10), fetched(11, 12)]) {
      expect(decide(ledger(10), batch, whole)).to.deep.equal(seek)
    }
  })

  it('reports a gap if the log no longer has the next offset, for any fetched range', () => {
    const expired = { kind: 'gap-expired', from: 10, to: 20 }
    for (const from of [0, 10, 20, 30]) {
      const range = { low: 20, high: 50 }
      const decision = decide(ledger(10), fetched(from, from + 1), range)
      expect(decision).to.deep.equal(expired)
    }
  })

  it('reports a new log if the log ends before the next offset of the ledger', () => {
    for (const from of [0, 9, 10]) {
      const decision = decide(ledger(10), fetched(from, from + 1), { low: 0, high: 9 })
      expect(decision).to.deep.equal({ kind: 'new-log' })
    }
  })

  describe('if the ledger has a last record', () => {
    const last = { offset: 9, appendedAt: 1009 }

    it('verifies the last record first if it was not fetched', () => {
      const verify = { kind: 'verify-record', offset: 9 }
      for (const batch of [fetched(10, 12), fetched(0, 9)]) {
        expect(decide(ledger(10, last), batch, whole)).to.deep.equal(verify)
      }
    })

    it('continues or seeks after the last record was fetched', () => {
      const seek = { kind: 'seek', offset: 10 }
      expect(decide(ledger(10, last), fetched(9, 10), whole)).to.deep.equal(seek)
      const decision = decide(ledger(10, last), fetched(9, 11), whole)
      expect(decision).to.deep.equal({ kind: 'continue' })
    })

    it('reports a new log if there is another record or none at the offset of the last record', () => {
      const other = { ...last, appendedAt: 2009 }
      const batch = fetched(8, 12)
      const withoutLast = { ...batch, records: batch.records.filter(({ offset }) => offset !== 9) }
      for (const [lastRecord, fetchedBatch] of [
        [other, batch],
        [last, withoutLast],
      ] as const) {
        const decision = decide(ledger(10, lastRecord), fetchedBatch, whole)
        expect(decision).to.deep.equal({ kind: 'new-log' })
      }
    })

    it('continues or seeks if the topic may have gaps and no record is at the offset of the last record', () => {
      const inTopicWithGaps = (batch: FetchedRange) =>
        decidePosition(ledger(12, last), batch, { ...whole, mayHaveGaps: true })
      const without = (from: number, to: number) => {
        const { records, ...range } = fetched(from, to)
        return { ...range, records: records.filter(({ offset }) => offset !== 9) }
      }
      expect(inTopicWithGaps(without(9, 13))).to.deep.equal({ kind: 'continue' })
      expect(inTopicWithGaps(without(9, 10))).to.deep.equal({ kind: 'seek', offset: 12 })
      expect(inTopicWithGaps(fetched(12, 13))).to.deep.equal({ kind: 'verify-record', offset: 9 })
      const other = { from: 9, to: 13, records: [{ offset: 9, appendedAt: 2009 }] }
      expect(inTopicWithGaps(other)).to.deep.equal({ kind: 'new-log' })
    })

    it('accepts offsets without a record after the last record', () => {
      const decision = decide(ledger(12, last), fetched(9, 13), whole)
      expect(decision).to.deep.equal({ kind: 'continue' })
    })

    it('continues without verification if the log no longer has the last record', () => {
      for (const low of [10, 11]) {
        const position = ledger(11, last)
        const decision = decide(position, fetched(11, 12), { low, high: 50 })
        expect(decision).to.deep.equal({ kind: 'continue' })
      }
    })
  })
})

describe('toSpans', () => {
  it('groups consecutive offsets into spans', () => {
    expect(toSpans([])).to.deep.equal([])
    expect(toSpans([5])).to.deep.equal([{ first: 5, last: 5 }])
    expect(toSpans([1, 2, 3, 7, 9, 10])).to.deep.equal([
      { first: 1, last: 3 },
      { first: 7, last: 7 },
      { first: 9, last: 10 },
    ])
  })

  it('covers exactly the given offsets, without adjacent spans', () => {
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
