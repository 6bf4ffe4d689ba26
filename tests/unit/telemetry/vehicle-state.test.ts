import { expect } from 'chai'
import { activityOf, isLater } from '../../../services/telemetry/track/latest-state.ts'
import { noon } from '../../support/builders.ts'

const limits = { staleAfterSeconds: 15, silentAfterSeconds: 300 }

describe('activityOf', () => {
  for (const [age, speed, activity] of [
    [0, 12, 'moving'],
    [0, 0.49, 'standing'],
    [14.999, 0.5, 'moving'],
    [15, 12, 'stale'],
    [299.999, 0, 'stale'],
    [300, 12, 'silent'],
    [0, null, 'standing'],
    // The vehicle's clock is ahead.
    [-200, 12, 'moving'],
  ] as const) {
    it(`returns ${activity} for ${speed ?? 'unknown'} m/s and a reading ${age} s old`, () => {
      const state = { recordedAt: noon - age * 1e6, speed }
      expect(activityOf(state, limits, noon)).to.equal(activity)
    })
  }
})

describe('isLater', () => {
  it('compares times, then sequences, and returns false for equal readings', () => {
    const at = (recordedAt: number, sequence: number) => ({ recordedAt, sequence })
    expect(isLater(at(2, 0), at(1, 9))).to.equal(true)
    expect(isLater(at(1, 9), at(2, 0))).to.equal(false)
    expect(isLater(at(1, 2), at(1, 1))).to.equal(true)
    expect(isLater(at(1, 1), at(1, 1))).to.equal(false)
  })
})
