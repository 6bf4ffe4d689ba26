import { expect } from 'chai'
import {
  formatAge,
  formatCount,
  formatDay,
  formatDistance,
  formatDuration,
  formatHeading,
  formatLatency,
  formatMoment,
  formatPosition,
  formatRate,
  formatSpeed,
  formatTime,
  formatVehicleName,
  setLanguage,
  speedUnit,
  toDateInput,
  toTimeInput,
} from '../../../services/dashboard/page/state/format.ts'

describe('format functions of the dashboard page', () => {
  it('format speeds, distances and rates with their units', () => {
    expect([formatSpeed(10), formatSpeed(0.2)]).to.deep.equal(['36 km/h', '1 km/h'])
    expect([formatDistance(999.4), formatDistance(12_345)]).to.deep.equal(['999 m', '12.3 km'])
    expect([formatRate(0.25), formatRate(1234.4)]).to.deep.equal(['0.3/s', '1,234/s'])
  })

  it('format durations with their two largest units', () => {
    const texts = [0, 59_999, 60_000, 125_000, 3_600_000, 12_000_000, 90_061_000].map(
      formatDuration,
    )
    expect(texts).to.deep.equal([
      '0 s',
      '59 s',
      '1 min',
      '2 min 5 s',
      '1 h',
      '3 h 20 min',
      '1 d 1 h',
    ])
    expect([formatAge(1999), formatAge(2000)]).to.deep.equal(['just now', '2 s ago'])
  })

  it('format latencies in ms, s or minutes', () => {
    expect([47.4, 1530, 61_000].map(formatLatency)).to.deep.equal(['47 ms', '1.5 s', '1 min 1 s'])
  })

  it('format positions and headings', () => {
    expect(formatPosition(37.7749, -122.4194)).to.equal('37.77490° N, 122.41940° W')
    expect([0, 44, 359].map(formatHeading)).to.deep.equal(['N 0°', 'NE 44°', 'N 359°'])
  })

  it('format days as date inputs expect them, with a four-digit year', () => {
    const days = ['2026-11-21', '0002-01-09']
    expect(days.map((day) => toDateInput(Date.parse(`${day}T12:00`)))).to.deep.equal(days)
  })

  it('format the name of a vehicle without a model, or without make and model', () => {
    expect(formatVehicleName({ make: 'Kia', model: null, vin: 'V-1' })).to.equal('Kia')
    const named = { name: 'Van 12', make: 'Kia', model: null, vin: 'V-1' }
    expect(formatVehicleName(named)).to.equal('Van 12')
    expect(formatVehicleName({ make: null, model: null, vin: 'V-1' })).to.equal('V-1')
  })

  it('format a moment with its date if it is on another day', () => {
    const now = Date.parse('2026-11-21T12:00')
    const [today, yesterday] = ['2026-11-21T08:05', '2026-11-20T08:05'].map((time) =>
      formatMoment(Date.parse(time), now),
    )
    expect(today).to.match(/^8:05:00/)
    expect(yesterday).to.match(/^20 Nov 2026, 8:05:00/)
  })

  it('give the values of time fields independent of the language', () => {
    expect(toTimeInput(Date.parse('2026-11-21T19:04:05'))).to.equal('19:04')
  })

  describe('in the language of the browser', () => {
    afterEach(() => {
      setLanguage('en-001')
    })

    const cases = [
      ['de-DE', ['36 km/h', '12,3 km', '1.234', '21. Nov. 2026', '19:04:05']],
      ['en-GB', ['22 mph', '7.7 mi', '1,234', '21 Nov 2026', '19:04:05']],
      ['en-US', ['22 mph', '7.7 mi', '1,234', 'Nov 21, 2026', '7:04:05 PM']],
    ] as const
    for (const [language, expected] of cases) {
      it(`use the numbers, dates and units of ${language}`, () => {
        setLanguage(language)
        const at = Date.parse('2026-11-21T19:04:05')
        const texts = [
          formatSpeed(10),
          formatDistance(12_345),
          formatCount(1_234),
          formatDay(at),
          formatTime(at).replaceAll('\u202f', ' '),
        ]
        expect(texts).to.deep.equal(expected)
      })
    }

    it('use feet below a mile where roads are measured in miles', () => {
      setLanguage('en-US')
      expect([formatDistance(100), speedUnit()]).to.deep.equal(['328 ft', 'mph'])
    })
  })
})
