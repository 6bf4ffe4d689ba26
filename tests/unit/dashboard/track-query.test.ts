import { expect } from 'chai'
import { readFleetTracksQuery } from '../../../services/dashboard/history/track-query.ts'
import { Query, QueryError } from '../../../services/dashboard/http/query.ts'

const microsecondsPerHour = 3_600_000_000

describe('the span of the tracks of a fleet', () => {
  const hoursOf = (from: string, to: string): number => {
    const { span } = readFleetTracksQuery(new Query(`/api/tracks?from=${from}&to=${to}`), 0)
    return (span.to - span.from) / microsecondsPerHour
  }

  it('is up to a whole day, also that on which clocks go back', () => {
    expect(hoursOf('2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z')).to.equal(25)
  })

  it('is refused where it is longer', () => {
    const longer = () => hoursOf('2026-11-01T04:00:00Z', '2026-11-02T05:00:01Z')
    expect(longer).to.throw(QueryError, 'from and to must be at most 25 hours apart.')
  })
})
