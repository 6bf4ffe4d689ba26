import { expect } from 'chai'
import type { StoredDay } from '../../../services/adapters/postgres/readings/day-store.ts'
import { daysToReindex } from '../../../services/consumer/reindex-days.ts'

const megabytes = 1024 * 1024
const at = (time: string): number => Date.parse(time) * 1000
const noon = at('2026-01-31T12:00:00Z')

const aDay = (day: string, overrides: Partial<StoredDay> = {}): StoredDay => ({
  day,
  closed: false,
  bytes: 300 * megabytes,
  indexBytes: 100 * megabytes,
  reindexedBytes: 0,
  hasUnfinishedIndex: false,
  ...overrides,
})

describe('daysToReindex', () => {
  it('returns past days, latest first', () => {
    const days = ['2026-01-29', '2026-01-30', '2026-01-31', '2026-02-01'].map((day) => aDay(day))
    expect(daysToReindex(days, noon)).to.deep.equal(['2026-01-30', '2026-01-29'])
  })

  it('returns a day one hour after its end', () => {
    const days = [aDay('2026-01-30')]
    expect(daysToReindex(days, at('2026-01-31T00:59:59Z'))).to.deep.equal([])
    expect(daysToReindex(days, at('2026-01-31T01:00:00Z'))).to.deep.equal(['2026-01-30'])
  })

  it('omits a day whose index was rebuilt and has hardly grown since', () => {
    const sizes = [101, 150, 151].map((size) => size * megabytes)
    const days = sizes.map((indexBytes, index) =>
      aDay(`2026-01-0${index + 1}`, { indexBytes, reindexedBytes: 100 * megabytes }),
    )
    expect(daysToReindex(days, noon)).to.deep.equal(['2026-01-03'])
  })

  it('omits a day whose index is small', () => {
    const days = [
      aDay('2026-01-01', { indexBytes: 16 * megabytes }),
      aDay('2026-01-02', { indexBytes: 16 * megabytes + 8192 }),
    ]
    expect(daysToReindex(days, noon)).to.deep.equal(['2026-01-02'])
  })

  it('omits a day that is being retired', () => {
    expect(daysToReindex([aDay('2026-01-01', { closed: true })], noon)).to.deep.equal([])
  })
})
