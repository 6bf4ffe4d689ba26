import { expect } from 'chai'
import fc from 'fast-check'
import {
  hourOf,
  hoursTouchedBy,
  microsPerHour,
  readSpanOf,
} from '../../../../services/telemetry/vehicle-hours/hours.ts'

const rules = { borderMinutes: 30 }
const eight = Date.parse('2026-11-21T08:00:00Z') * 1000
const minute = 60_000_000
const textsOf = (hours: readonly number[]) =>
  hours.map((hour) => new Date(hour / 1000).toISOString().slice(11, 16))

describe('hoursTouchedBy', () => {
  it('returns the hour before too in the first 30 minutes, and the next one in the last', () => {
    expect(textsOf(hoursTouchedBy(eight, rules))).to.deep.equal(['07:00', '08:00'])
    expect(textsOf(hoursTouchedBy(eight + 30 * minute - 1, rules))).to.deep.equal([
      '07:00',
      '08:00',
    ])
    expect(textsOf(hoursTouchedBy(eight + 30 * minute, rules))).to.deep.equal(['08:00', '09:00'])
    expect(textsOf(hoursTouchedBy(eight + 60 * minute - 1, rules))).to.deep.equal([
      '08:00',
      '09:00',
    ])
  })

  it('returns only the hour of the reading in its middle if the border is shorter', () => {
    const short = { borderMinutes: 10 }
    expect(textsOf(hoursTouchedBy(eight + 10 * minute, short))).to.deep.equal(['08:00'])
    expect(textsOf(hoursTouchedBy(eight + 50 * minute - 1, short))).to.deep.equal(['08:00'])
    expect(textsOf(hoursTouchedBy(eight + 50 * minute, short))).to.deep.equal(['08:00', '09:00'])
  })

  it('returns exactly the hours whose readSpanOf contains the reading, for every border', () => {
    const times = fc.integer({ min: -10_000_000_000_000, max: 2_000_000_000_000_000 })
    const borders = fc.integer({ min: 0, max: 1_440 })
    const property = fc.property(times, borders, (at, borderMinutes) => {
      const candidates: number[] = []
      const first = hourOf(at) - 26 * microsPerHour
      for (let hour = first; hour <= at + 26 * microsPerHour; hour += microsPerHour) {
        const { from, to } = readSpanOf(hour, { borderMinutes })
        if (from <= at && at < to) candidates.push(hour)
      }
      expect(hoursTouchedBy(at, { borderMinutes })).to.deep.equal(candidates)
    })
    fc.assert(property)
  })
})
