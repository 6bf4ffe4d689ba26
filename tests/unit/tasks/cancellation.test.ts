import { expect } from 'chai'
import { Cancellation } from '../../../services/tasks/cancellation.ts'

describe('a cancellation', () => {
  it('calls its listener once, with the first reason', () => {
    const cancellation = new Cancellation()
    const reasons: unknown[] = []
    cancellation.listen(() => reasons.push(cancellation.reason))
    cancellation.request('first')
    cancellation.request('second')
    expect(reasons).to.deep.equal(['first'])
    expect(cancellation.isRequested).to.equal(true)
  })

  it('does not call a listener that was removed', () => {
    const cancellation = new Cancellation()
    let calls = 0
    cancellation.listen(() => (calls += 1))
    cancellation.listen(undefined)
    cancellation.request()
    expect(calls).to.equal(0)
  })

  it('aborts its signal, whether it was read before or after the request', () => {
    const cancellation = new Cancellation()
    const before = cancellation.signal
    cancellation.request('reason')
    const late = new Cancellation()
    late.request('reason')
    for (const signal of [before, late.signal]) {
      expect(signal.aborted).to.equal(true)
      expect(signal.reason).to.equal('reason')
    }
  })
})
