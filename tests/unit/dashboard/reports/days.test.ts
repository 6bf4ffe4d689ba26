import { expect } from 'chai'
import { countDays, localDayOf, localDays } from '../../../../services/dashboard/reports/days.ts'

const iso = (micros: number) => new Date(micros / 1000).toISOString().slice(0, 16)
const daysIn = (first: string, last: string, timeZone: string) =>
  localDays(first, last, timeZone).map(({ day, from, to, hours }) =>
    [day, iso(from), iso(to), hours].join(' '),
  )

describe('localDays', () => {
  it('returns days that follow each other, from midnight to midnight in the time zone', () => {
    expect(daysIn('2026-02-27', '2026-03-01', 'UTC')).to.deep.equal([
      '2026-02-27 2026-02-27T00:00 2026-02-28T00:00 24',
      '2026-02-28 2026-02-28T00:00 2026-03-01T00:00 24',
      '2026-03-01 2026-03-01T00:00 2026-03-02T00:00 24',
    ])
    expect(daysIn('2026-01-31', '2026-01-31', 'Pacific/Auckland')).to.deep.equal([
      '2026-01-31 2026-01-30T11:00 2026-01-31T11:00 24',
    ])
  })

  it('returns 23 hours for the day on which clocks go forward, and 25 when they go back', () => {
    expect(daysIn('2026-03-28', '2026-03-30', 'Europe/Vienna')).to.deep.equal([
      '2026-03-28 2026-03-27T23:00 2026-03-28T23:00 24',
      '2026-03-29 2026-03-28T23:00 2026-03-29T22:00 23',
      '2026-03-30 2026-03-29T22:00 2026-03-30T22:00 24',
    ])
    expect(daysIn('2026-10-25', '2026-10-25', 'Europe/Vienna')).to.deep.equal([
      '2026-10-25 2026-10-24T22:00 2026-10-25T23:00 25',
    ])
    expect(daysIn('2026-11-01', '2026-11-01', 'America/Los_Angeles')).to.deep.equal([
      '2026-11-01 2026-11-01T07:00 2026-11-02T08:00 25',
    ])
  })

  it('begins a day after the skipped hour if clocks skip midnight', () => {
    expect(daysIn('2018-11-04', '2018-11-04', 'America/Sao_Paulo')).to.deep.equal([
      '2018-11-04 2018-11-04T03:00 2018-11-05T02:00 23',
    ])
  })

  it('counts the hours that begin in the day if a time zone differs by half an hour', () => {
    expect(daysIn('2026-01-31', '2026-01-31', 'Asia/Kolkata')).to.deep.equal([
      '2026-01-31 2026-01-30T18:30 2026-01-31T18:30 24',
    ])
  })
})

describe('localDayOf', () => {
  it('returns the day in the time zone', () => {
    const at = Date.parse('2026-01-31T23:30:00Z') * 1000
    expect(localDayOf(at, 'UTC')).to.equal('2026-01-31')
    expect(localDayOf(at, 'Europe/Vienna')).to.equal('2026-02-01')
    expect(localDayOf(at, 'America/New_York')).to.equal('2026-01-31')
  })
})

describe('countDays', () => {
  it('counts both days, and less than 1 if the last one is before the first', () => {
    expect(countDays('2026-02-28', '2026-02-28')).to.equal(1)
    expect(countDays('2026-02-28', '2026-03-02')).to.equal(3)
    expect(countDays('2026-03-02', '2026-03-01')).to.equal(0)
  })
})
