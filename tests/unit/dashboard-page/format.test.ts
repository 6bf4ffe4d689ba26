import { expect } from 'chai'
import {
  formatAge,
  formatDay,
  formatDistance,
  formatDuration,
  formatHeading,
  formatLatency,
  formatPosition,
  formatRate,
  formatSpeed,
  formatVehicleName,
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
    expect(days.map((day) => formatDay(Date.parse(`${day}T12:00`)))).to.deep.equal(days)
  })

  it('format the name of a vehicle without a model, or without make and model', () => {
    expect(formatVehicleName({ make: 'Kia', model: null })).to.equal('Kia')
    expect(formatVehicleName({ make: null, model: null })).to.equal('Vehicle')
  })
})
