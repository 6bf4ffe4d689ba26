import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { LinkedAbort } from '../../../services/runtime/abort.ts'

describe('LinkedAbort', () => {
  it('aborts with the outer signal, for its reason', () => {
    const outer = new AbortController()
    using linked = new LinkedAbort(outer.signal)
    outer.abort('stop')
    expect(linked.signal.reason).to.equal('stop')
  })

  it('is aborted where the outer signal is already', () => {
    using linked = new LinkedAbort(AbortSignal.abort('before'))
    expect(linked.signal.reason).to.equal('before')
  })

  it('aborts by itself without the outer one', () => {
    const outer = new AbortController()
    using linked = new LinkedAbort(outer.signal)
    linked.abort('mine')
    expect([linked.signal.reason, outer.signal.aborted]).to.deep.equal(['mine', false])
  })

  it('leaves nothing behind in the outer signal', () => {
    const outer = new AbortController()
    for (let times = 0; times < 100; times += 1) {
      using linked = new LinkedAbort(outer.signal)
      expect(linked.signal.aborted).to.equal(false)
    }
    expect(getEventListeners(outer.signal, 'abort')).to.deep.equal([])
  })
})
