import { expect } from 'chai'
import { poll, WarnOnce } from '../../../services/runtime/poll.ts'
import { captureLog } from '../../support/captured-log.ts'

const events = { failed: 'door-not-seen', recovered: 'door-seen-again' }
const fail = () => Promise.reject(new Error('no door'))
const succeed = () => Promise.resolve('a door')

describe('poll', () => {
  it('calls the work until the signal aborts', async () => {
    const stop = new AbortController()
    let calls = 0
    const work = () => {
      calls += 1
      if (calls === 3) stop.abort()
      return Promise.resolve()
    }
    await poll(work, { intervalMs: 1, signal: stop.signal })
    expect(calls).to.equal(3)
  })

  it('does not call the work if the signal has already aborted', async () => {
    const work = () => Promise.reject(new Error('called'))
    await poll(work, { intervalMs: 1, signal: AbortSignal.abort() })
  })

  it('starts a call only after the previous one has ended', async () => {
    const stop = new AbortController()
    const running = { now: 0, most: 0, calls: 0 }
    const work = async () => {
      running.now += 1
      running.most = Math.max(running.most, running.now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running.now -= 1
      running.calls += 1
      if (running.calls === 3) stop.abort()
    }
    await poll(work, { intervalMs: 0, signal: stop.signal })
    expect(running).to.deep.equal({ now: 0, most: 1, calls: 3 })
  })

  it('ends the pause when the signal aborts', async () => {
    const stop = new AbortController()
    const polled = poll(succeed, { intervalMs: 3_600_000, signal: stop.signal })
    await succeed()
    stop.abort()
    await polled
  })
})

describe('WarnOnce.attempt', () => {
  it('returns the result of the work and logs nothing', async () => {
    const { logger, lines } = captureLog()
    expect(await new WarnOnce(logger).attempt(succeed, events)).to.equal('a door')
    expect(lines).to.deep.equal([])
  })

  it('logs consecutive failures once, and the first success after them', async () => {
    const { logger, lines } = captureLog()
    const warnings = new WarnOnce(logger)
    for (const work of [fail, fail, succeed, succeed, fail]) await warnings.attempt(work, events)
    expect(lines.map(({ level, event, error }) => [level, event, error])).to.deep.equal([
      ['warn', 'door-not-seen', 'no door'],
      ['info', 'door-seen-again', undefined],
      ['warn', 'door-not-seen', 'no door'],
    ])
  })

  it('logs another reason of consecutive failures once', async () => {
    const { logger, lines } = captureLog()
    const warnings = new WarnOnce(logger)
    const burn = () => Promise.reject(new Error('the house is on fire'))
    for (const work of [fail, burn, fail, burn, succeed, burn]) {
      await warnings.attempt(work, events)
    }
    expect(lines.map(({ event, error }) => [event, error])).to.deep.equal([
      ['door-not-seen', 'no door'],
      ['door-not-seen', 'the house is on fire'],
      ['door-seen-again', undefined],
      ['door-not-seen', 'the house is on fire'],
    ])
  })

  it('logs no success if no event is given for it', async () => {
    const { logger, lines } = captureLog()
    const warnings = new WarnOnce(logger)
    for (const work of [fail, succeed]) await warnings.attempt(work, { failed: 'door-not-seen' })
    expect(lines.map(({ event }) => event)).to.deep.equal(['door-not-seen'])
  })

  it('tracks failures of each event separately', async () => {
    const { logger, lines } = captureLog()
    const warnings = new WarnOnce(logger)
    for (const failed of ['a', 'b', 'a', 'b']) await warnings.attempt(fail, { failed })
    expect(lines.map(({ event }) => event)).to.deep.equal(['a', 'b'])
  })

  it('logs no failure after the signal has aborted', async () => {
    const { logger, lines } = captureLog()
    await new WarnOnce(logger, AbortSignal.abort()).attempt(fail, events)
    expect(lines).to.deep.equal([])
  })
})
