import { expect } from 'chai'
import { MethodTimes } from '../../../../services/tasks/handlers/running/method-times.ts'

describe('the time that a handler is expected to take', () => {
  it('is long before its first call', () => {
    expect(new MethodTimes().expectedMs('a')).to.equal(1_000)
  })

  it('follows the mean of its calls, and a long call at once', () => {
    const times = new MethodTimes()
    times.note('a', 1)
    expect(times.expectedMs('a')).to.equal(1)
    times.note('a', 2)
    expect(times.expectedMs('a')).to.be.closeTo(1.1, 1e-9)
    times.note('a', 500)
    expect(times.expectedMs('a')).to.equal(500)
    expect(times.expectedMs('b')).to.equal(1_000)
  })
})
