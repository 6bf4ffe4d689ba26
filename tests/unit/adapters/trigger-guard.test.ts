import { expect } from 'chai'
import {
  BrokenTriggerError,
  TriggerGuard,
} from '../../../services/adapters/postgres/ledger/trigger-guard.ts'
import type { RefusedRow } from '../../../services/adapters/postgres/tables/table-sink.ts'
import type { DecodedEntry } from '../../../services/ledger/batch.ts'
import type { Micros } from '../../../services/ledger/time-units.ts'
import type { TableSchema } from '../../../services/ledger/table-schema.ts'

type Row = { readonly vin: string }

const schema: TableSchema<Row> = {
  table: 'diag',
  columns: [
    { name: 'vin', type: 'text', comment: '', isCompared: true, valueOf: ({ vin }) => vin },
  ],
  key: ['vin'],
  onConflict: { kind: 'keep' },
  conflictDetail: '',
}

/** 40 rows of ten vehicles. */
const entries = Array.from({ length: 40 }, (_, offset): DecodedEntry<Row> => {
  const original = { key: null, value: null, headers: [], appendedAt: 0 as Micros }
  return { kind: 'row', offset, row: { vin: `V-${offset % 10}` }, original }
})

/** The first `count` rows, refused by an error of a trigger. */
function theFirst(count: number, sqlState = 'P0001'): RefusedRow[] {
  return Array.from({ length: count }, (_, offset) => ({ offset, detail: 'no', sqlState }))
}

describe('TriggerGuard', () => {
  let guard: TriggerGuard<Row>
  beforeEach(() => {
    guard = new TriggerGuard(schema)
  })

  function isStopped(refused: readonly RefusedRow[], attempt = guard.beginAttempt(0)): boolean {
    try {
      guard.check(attempt, entries, refused)
      return false
    } catch (error) {
      expect(error).to.be.instanceOf(BrokenTriggerError)
      return true
    }
  }

  it('stops a batch of which a trigger refuses most rows', () => {
    expect(isStopped(theFirst(40))).to.equal(true)
    expect(isStopped(theFirst(40))).to.equal(true)
  })

  it('does not stop a batch whose rows are refused by constraints', () => {
    expect(isStopped(theFirst(40, '23514'))).to.equal(false)
  })

  it('stops the attempt in the middle of which the trigger was repaired', () => {
    isStopped(theFirst(40))
    expect(isStopped(theFirst(15))).to.equal(true)
    expect(isStopped([])).to.equal(false)
  })

  it('stops it also if only other partitions have met the broken trigger', () => {
    const first = guard.beginAttempt(1)
    isStopped(theFirst(40), guard.beginAttempt(0))
    const second = guard.beginAttempt(2)
    guard.recordStored(0, entries, [])
    expect(isStopped(theFirst(15), first)).to.equal(true)
    expect(isStopped(theFirst(15), second)).to.equal(true)
  })

  it('lets the next attempt decide, also while the trigger is broken for other partitions', () => {
    isStopped(theFirst(40), guard.beginAttempt(1))
    isStopped(theFirst(40))
    expect(isStopped(theFirst(15))).to.equal(true)
    expect(isStopped(theFirst(15))).to.equal(false)
  })

  it('trusts the attempts that begin after the batch was stored', () => {
    isStopped(theFirst(40))
    guard.recordStored(0, entries, [])
    expect(isStopped(theFirst(15))).to.equal(false)
  })
})
