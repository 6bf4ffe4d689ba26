import { expect } from 'chai'
import { readFleetTracksQuery } from '../../../services/dashboard/history/track-query.ts'
import { Query, QueryError } from '../../../services/dashboard/http/query.ts'

const microsecondsPerHour = 3_600_000_000

describe('readFleetTracksQuery', () => {
  const hoursOf = (from: string, to: string): number => {
    const { span } = readFleetTracksQuery(new Query(`/api/tracks?from=${from}&to=${to}`), 0)
    return (span.to - span.from) / microsecondsPerHour
  }

  it('accepts a span of one day with 25 hours, at the end of daylight saving time', () => {
    expect(hoursOf('2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z')).to.equal(25)
  })

  it('rejects a span of more than 25 hours', () => {
    const readTooLong = () => hoursOf('2026-11-01T04:00:00Z', '2026-11-02T05:00:01Z')
    expect(readTooLong).to.throw(QueryError, 'from and to must be at most 25 hours apart.')
  })
})
