import { expect } from 'chai'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { toIsoMicroseconds } from '../../../services/telemetry/time.ts'
import { aWindow, noon } from '../../support/builders.ts'
import { verdictWith } from './parse-verdict.ts'

const fiveMinutes = 300_000_000
const thirtyDays = 30 * microsecondsPerDay
const at = (microseconds: number) => ({ timestamp: toIsoMicroseconds(microseconds) })

describe('parseReading: times', () => {
  it('accepts a time exactly 5 minutes ahead', () => {
    expect(verdictWith(at(noon + fiveMinutes))).to.equal('accepted')
  })

  it('refuses a time 5 minutes and one microsecond ahead as time-too-far-ahead', () => {
    expect(verdictWith(at(noon + fiveMinutes + 1))).to.equal('time-too-far-ahead')
  })

  it('accepts a time exactly as old as the retention period', () => {
    expect(verdictWith(at(noon - thirtyDays))).to.equal('accepted')
  })

  it('refuses a time one microsecond older than the retention period as time-too-old', () => {
    expect(verdictWith(at(noon - thirtyDays - 1))).to.equal('time-too-old')
  })

  it('compares a time with the time of receipt and the retention period', () => {
    const window = aWindow({
      receivedAt: noon + microsecondsPerDay,
      retentionMicros: microsecondsPerDay,
    })
    expect(verdictWith(at(noon), window)).to.equal('accepted')
    expect(verdictWith(at(noon - 1), window)).to.equal('time-too-old')
    expect(verdictWith(at(noon + microsecondsPerDay + fiveMinutes), window)).to.equal('accepted')
  })

  it('accepts Unix seconds as a number', () => {
    expect(verdictWith({ timestamp: noon / 1e6 })).to.equal('accepted')
    expect(verdictWith({ timestamp: noon / 1e6 + 301 })).to.equal('time-too-far-ahead')
    expect(verdictWith({ timestamp: 0 })).to.equal('time-too-old')
  })

  for (const timestamp of [
    '2026-01-31T12:00:00',
    '2026-01-31',
    '2026-02-30T12:00:00Z',
    '1769860800',
    'yesterday',
    '',
    -1,
    1e30,
  ]) {
    it(`refuses ${JSON.stringify(timestamp)} as invalid-timestamp`, () => {
      expect(verdictWith({ timestamp })).to.equal('invalid-timestamp')
    })
  }

  it('refuses a number that is too large for a double as not-finite', () => {
    expect(verdictWith({ timestamp: JSON.parse('1e999') as number })).to.equal('not-finite')
  })

  for (const timestamp of [true, [], {}, [1769860800]]) {
    it(`refuses ${JSON.stringify(timestamp)} as wrong-type`, () => {
      expect(verdictWith({ timestamp })).to.equal('wrong-type')
    })
  }
})
