import { expect } from 'chai'
import { Registry } from 'prom-client'
import { Outages } from '../../../services/stream/storing/outages.ts'
import { StreamMetrics } from '../../../services/stream/stream-metrics.ts'
import { captureLog } from '../../support/captured-log.ts'

describe('Outages', () => {
  it('logs the start and the end of an outage, and each further reason once', async () => {
    const { logger, lines } = captureLog()
    const metrics = new StreamMetrics(new Registry()).of('readings')
    const outages = new Outages({ metrics, logger })
    const reasons = ['connection refused', 'wrong password', 'wrong password']
    const attempt = () => {
      const reason = reasons.shift()
      return reason === undefined ? Promise.resolve('stored') : Promise.reject(new Error(reason))
    }
    const stop = new AbortController()
    expect(await outages.retry(attempt, 0, stop.signal)).to.equal('stored')
    expect(lines.map(({ event, error }) => [event, error])).to.deep.equal([
      ['outage-began', 'connection refused'],
      ['outage-has-another-reason', 'wrong password'],
      ['outage-ended', undefined],
    ])
  })

  it('lasts until no partition fails', async () => {
    const { logger, lines } = captureLog()
    const metrics = new StreamMetrics(new Registry()).of('readings')
    const outages = new Outages({ metrics, logger })
    const stop = new AbortController()
    const failing = { down: true }
    const attempt = () =>
      failing.down ? Promise.reject(new Error('down')) : Promise.resolve('stored')
    const all = Promise.all([0, 1].map((each) => outages.retry(attempt, each, stop.signal)))
    failing.down = false
    await all
    expect(lines.map(({ event }) => event)).to.deep.equal(['outage-began', 'outage-ended'])
  })
})
