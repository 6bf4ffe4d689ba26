import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { LinkedAbort, unlessAborted } from '../../../services/runtime/abort.ts'

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

describe('unlessAborted', () => {
  const never = () => new Promise<number>(() => undefined)

  it('settles as the work does, and leaves nothing behind in the signal', async () => {
    const { signal } = new AbortController()
    expect(await unlessAborted(Promise.resolve(7), signal)).to.equal(7)
    const failed = await unlessAborted(Promise.reject(new Error('no')), signal).catch(String)
    expect(failed).to.equal('Error: no')
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })

  it('waits no longer than until the signal aborts', async () => {
    const stop = new AbortController()
    const waiting = unlessAborted(never(), stop.signal)
    stop.abort()
    expect(await waiting).to.equal(undefined)
    expect(await unlessAborted(never(), stop.signal)).to.equal(undefined)
    expect(getEventListeners(stop.signal, 'abort')).to.deep.equal([])
  })
})
