import { expect } from 'chai'
import fc from 'fast-check'
import {
  expectedDuplicates,
  winnerOf,
} from '../../../../../scripts/workload/classifieds/conflicts.ts'
import type { ConflictRule } from '../../../../../scripts/workload/classifieds/pipelines.ts'
import { selectLatestRows } from '../../../../../services/ledger/latest-rows.ts'
import type { Column, TableSchema } from '../../../../../services/ledger/table-schema.ts'
import { positionColumns } from '../../../../../services/ledger/table-schema.ts'

type Row = { readonly rank: number; readonly offset: number }

const versions = (ranks: readonly number[]) => ranks.map((rank) => ({ content: { rank } }))
const duplicates = (rule: ConflictRule, ranks: readonly number[]) =>
  expectedDuplicates(rule, versions(ranks))

describe('the conflict rules of the workload classifieds', () => {
  it('prefer the newest version, or the last one', () => {
    const items = versions([0, 2, 1])
    expect(winnerOf('newest', items)).to.equal(items[1])
    expect(winnerOf('update', items)).to.equal(items[2])
    expect(winnerOf('newest', versions([]))).to.equal(undefined)
  })

  it('expect an exact number of duplicates if only the winner is repeated, at the end', () => {
    expect(duplicates('newest', [0, 1, 1])).to.deep.equal([1, 1])
    expect(duplicates('update', [0, 1, -1])).to.deep.equal([0, 0])
    expect(duplicates('newest', [0, 1, -1, -1])).to.deep.equal([0, 1])
    expect(duplicates('update', [0, 1, 0])).to.deep.equal([0, 1])
    expect(duplicates('newest', [1, 1, 2])).to.deep.equal([0, 1])
  })

  for (const rule of ['newest', 'update'] as const) {
    it(`agree with the code of the platform, however the records are divided into transactions (${rule})`, () => {
      const records = fc.array(
        fc.record({ rank: fc.integer({ min: -1, max: 2 }), isLastOfBatch: fc.boolean() }),
        { minLength: 1, maxLength: 8 },
      )
      fc.assert(
        fc.property(records, (list) => {
          const found = storeInBatches(rule, list)
          const ranks = list.map(({ rank }) => rank)
          const [least, most] = duplicates(rule, ranks)
          expect(found.duplicates).to.be.within(least, most)
          expect(found.rank).to.equal(winnerOf(rule, versions(ranks))?.content.rank)
        }),
        { numRuns: 500, seed: 20_261_128 },
      )
    })
  }
})

const column = (name: string, valueOf: Column<Row>['valueOf']): Column<Row> => {
  return { name, type: 'bigint', comment: name, isCompared: true, valueOf }
}
const schemaOf = (rule: ConflictRule): TableSchema<Row> => ({
  ...{ table: 't', key: ['id'], conflictDetail: '' },
  onConflict: rule === 'update' ? { kind: 'update' } : { kind: 'newest', column: 'rank' },
  columns: [
    column('id', () => 1),
    column('rank', ({ rank }) => rank),
    ...positionColumns<Row>(({ offset }) => ({ logId: 1, partition: 0, offset })),
  ],
})

type Version = { readonly rank: number; readonly isLastOfBatch: boolean }

/** Stores versions of one key as the platform does: the latest row of each batch, then the table's row. */
function storeInBatches(rule: ConflictRule, list: readonly Version[]) {
  const state = { duplicates: 0, rank: NaN }
  let batch: { offset: number; row: Row }[] = []
  for (const [offset, { rank, isLastOfBatch }] of list.entries()) {
    batch.push({ offset, row: { rank, offset } })
    if (!isLastOfBatch && offset < list.length - 1) continue
    const { latest, duplicates: inBatch } = selectLatestRows(schemaOf(rule), batch)
    const stored = latest[0]?.row.rank ?? NaN
    state.duplicates += inBatch.length + (stored === state.rank ? 1 : 0)
    if (rule === 'update' || !(stored < state.rank)) state.rank = stored
    batch = []
  }
  return state
}
