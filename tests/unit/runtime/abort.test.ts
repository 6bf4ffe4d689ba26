import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { LinkedAbort, unlessAborted } from '../../../services/runtime/abort.ts'

describe('LinkedAbort', () => {
  it('aborts when the outer signal aborts, with its reason', () => {
    const outer = new AbortController()
    using linked = new LinkedAbort(outer.signal)
    outer.abort('stop')
    expect(linked.signal.reason).to.equal('stop')
  })

  it('is aborted immediately if the outer signal has aborted', () => {
    using linked = new LinkedAbort(AbortSignal.abort('before'))
    expect(linked.signal.reason).to.equal('before')
  })

  it('abort() does not abort the outer signal', () => {
    const outer = new AbortController()
    using linked = new LinkedAbort(outer.signal)
    linked.abort('mine')
    expect([linked.signal.reason, outer.signal.aborted]).to.deep.equal(['mine', false])
  })

  it('removes its listener from the outer signal when it is disposed', () => {
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

  it('settles like the work, and removes its listener from the signal', async () => {
    const { signal } = new AbortController()
    expect(await unlessAborted(Promise.resolve(7), signal)).to.equal(7)
    const failed = await unlessAborted(Promise.reject(new Error('no')), signal).catch(String)
    expect(failed).to.equal('Error: no')
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })

  it('resolves to undefined as soon as the signal aborts', async () => {
    const stop = new AbortController()
    const waiting = unlessAborted(never(), stop.signal)
    stop.abort()
    expect(await waiting).to.equal(undefined)
    expect(await unlessAborted(never(), stop.signal)).to.equal(undefined)
    expect(getEventListeners(stop.signal, 'abort')).to.deep.equal([])
  })
})
