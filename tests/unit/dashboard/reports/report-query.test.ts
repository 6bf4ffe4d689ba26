import { expect } from 'chai'
import { Query, QueryError } from '../../../../services/dashboard/http/query.ts'
import { toCursor } from '../../../../services/dashboard/http/query-parameters.ts'
import { readReportQuery } from '../../../../services/dashboard/reports/report-query.ts'

const now = Date.parse('2026-01-31T23:30:00Z') * 1000
const read = (query: string) => readReportQuery(new Query(`/api/reports?${query}`), now)
const daysOf = (query: string) => read(query).days.map(({ day }) => day)

function refusalOf(query: string): string {
  try {
    read(query)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return error.message
  }
}

describe('readReportQuery', () => {
  it('returns the present day in the time zone, as json, if nothing is given', () => {
    expect(daysOf('')).to.deep.equal(['2026-01-31'])
    expect(daysOf('timeZone=Europe/Vienna')).to.deep.equal(['2026-02-01'])
    const { timeZone, format, limit, after } = read('')
    expect({ timeZone, format, limit, after }).to.deep.equal({
      timeZone: 'UTC',
      format: 'json',
      limit: 50,
      after: '',
    })
  })

  it('returns the days from firstDay to lastDay, up to 31', () => {
    const february = daysOf('firstDay=2024-02-01&lastDay=2024-03-02')
    expect(february).to.have.lengthOf(31)
    expect(february.at(28)).to.equal('2024-02-29')
    expect(daysOf('firstDay=2026-01-30')).to.deep.equal(['2026-01-30', '2026-01-31'])
    expect(daysOf('lastDay=2026-01-10')).to.deep.equal(['2026-01-10'])
  })

  it('returns the vin of the cursor', () => {
    expect(read(`cursor=${toCursor('VIN-1')}&limit=500`)).to.include({ after: 'VIN-1', limit: 500 })
  })

  const dayRule = 'must be a day from 1970-01-01 to 2999-12-31, e.g. 2026-01-31.'
  for (const [query, message] of [
    ['firstDay=2026-02-01', 'firstDay must not be after lastDay.'],
    ['firstDay=2025-12-31', 'firstDay and lastDay must include at most 31 days.'],
    ['firstDay=2026-02-30', `firstDay ${dayRule}`],
    ['lastDay=3000-01-01', `lastDay ${dayRule}`],
    ['lastDay=2026-1-31', `lastDay ${dayRule}`],
    ['lastDay=2026-13-01', `lastDay ${dayRule}`],
    ['timeZone=Vienna', 'timeZone must be the name of a time zone, e.g. Europe/Vienna.'],
    ['format=xml', 'format must be one of json, csv.'],
    ['format=csv&limit=10', 'limit must not be given for csv, which has all vehicles.'],
    ['format=csv&cursor=QQ', 'cursor must not be given for csv, which has all vehicles.'],
    ['limit=0', 'limit must be a number from 1 to 500.'],
    ['firstDay=x&timeZone=x', `firstDay ${dayRule}`],
  ] as const) {
    it(`refuses ${query}`, () => {
      expect(refusalOf(query)).to.equal(message)
    })
  }
})
