import { expect } from 'chai'
import fc from 'fast-check'
import { backoffPauses, retryForever, sleep } from '../../../services/runtime/retry.ts'

function pausesOf(options: Parameters<typeof backoffPauses>[0], count: number): number[] {
  const pauses = backoffPauses(options)
  return Array.from({ length: count }, () => pauses.next().value)
}

describe('backoffPauses', () => {
  it('doubles up to maxMs', () => {
    const pauses = pausesOf({ firstMs: 100, maxMs: 1000, random: () => 1 }, 6)
    expect(pauses).to.deep.equal([100, 200, 400, 800, 1000, 1000])
  })

  it('reduces each pause by at most half', () => {
    const pauses = pausesOf({ firstMs: 100, maxMs: 1000, random: () => 0 }, 6)
    expect(pauses).to.deep.equal([50, 100, 200, 400, 500, 500])
  })

  it('never exceeds maxMs, not even with the first pause', () => {
    const anyOptions = fc.record({
      firstMs: fc.integer({ min: 1, max: 10_000 }),
      maxMs: fc.integer({ min: 1, max: 10_000 }),
    })
    fc.assert(
      fc.property(anyOptions, fc.double({ min: 0, max: 1, noNaN: true }), (options, chance) => {
        const pauses = pausesOf({ ...options, random: () => chance }, 12)
        expect(Math.max(...pauses)).to.be.at.most(options.maxMs)
        expect(pauses[0]).to.be.at.least(Math.min(options.firstMs, options.maxMs) / 2)
      }),
    )
  })
})

describe('sleep', () => {
  it('resolves immediately when the signal aborts or has aborted', async () => {
    await sleep(3_600_000, AbortSignal.abort())
    const controller = new AbortController()
    const slept = sleep(3_600_000, controller.signal)
    controller.abort()
    await slept
  })
})

describe('retryForever', () => {
  const quick = { firstMs: 1, maxMs: 1, random: () => 0 }
  const outage = new Error('away')

  /** Fails this many times, then returns `done`. */
  function failing(times: number): () => Promise<string> {
    let left = times
    return () => ((left -= 1) < 0 ? Promise.resolve('done') : Promise.reject(outage))
  }

  it('returns the result of the first attempt', async () => {
    const { signal } = new AbortController()
    expect(await retryForever(failing(0), { ...quick, signal })).to.equal('done')
  })

  it('retries until it succeeds, and reports every failure', async () => {
    const failures: unknown[] = []
    const result = await retryForever(failing(3), {
      ...quick,
      signal: new AbortController().signal,
      onFailure: (error, pause) => failures.push([error, pause]),
    })
    expect(result).to.equal('done')
    expect(failures).to.deep.equal([
      [outage, 1],
      [outage, 1],
      [outage, 1],
    ])
  })

  it('throws the last error when the signal aborts during a pause', async () => {
    const controller = new AbortController()
    let tries = 0
    const result = retryForever(() => failing(1 + (tries += 1))(), {
      firstMs: 3_600_000,
      maxMs: 3_600_000,
      signal: controller.signal,
      onFailure: () => setImmediate(() => controller.abort()),
    })
    expect(await result.catch((error: unknown) => error)).to.equal(outage)
    expect(tries).to.equal(1)
  })

  it('does not retry if the signal aborts during an attempt', async () => {
    const controller = new AbortController()
    const attempt = () => {
      controller.abort()
      return Promise.reject(outage)
    }
    const failures: unknown[] = []
    const options = { ...quick, signal: controller.signal }
    const result = retryForever(attempt, { ...options, onFailure: (error) => failures.push(error) })
    expect(await result.catch((error: unknown) => error)).to.equal(outage)
    expect(failures).to.deep.equal([])
  })

  it('throws an error that is not an outage immediately', async () => {
    const failures: unknown[] = []
    const result = retryForever(failing(1), {
      ...quick,
      signal: new AbortController().signal,
      isOutage: (error) => error !== outage,
      onFailure: (error) => failures.push(error),
    })
    expect(await result.catch((error: unknown) => error)).to.equal(outage)
    expect(failures).to.deep.equal([])
  })
})
