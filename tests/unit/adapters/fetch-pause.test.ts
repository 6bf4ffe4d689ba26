import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import { FetchPause } from '../../../services/adapters/kafka/pauses/fetch-pause.ts'

/** A batch of `records` records; behind them the partition has `behind` more. */
function batchOf(records: number, behind = 0) {
  const endOffset = 1_000 + records
  return { fetchedOffset: 1_000, endOffset, highWatermark: endOffset + behind }
}

describe('FetchPause', () => {
  let pause: FetchPause
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    pause = new FetchPause()
  })
  afterEach(() => {
    mock.timers.reset()
  })

  /** @returns the milliseconds until the promise resolves, up to 100 */
  async function msUntil(ended: Promise<void>): Promise<number> {
    const state = { hasEnded: false }
    void ended.then(() => (state.hasEnded = true))
    for (let ms = 0; ; ms += 1) {
      await nextTurn()
      if (state.hasEnded || ms === 100) return ms
      mock.timers.tick(1)
    }
  }

  for (const [records, behind, expected] of [
    [[1], 0, 0],
    [[2, 8], 0, 5],
    [[20, 10], 0, 15],
    [[100, 100], 0, 25],
    [[100], 4_999, 25],
    [[100], 5_000, 0],
  ] as const) {
    it(`is ${expected} ms after a fetch of ${records.join(' and ')} records, ${behind} before the end`, async () => {
      for (const count of records) pause.begin(1, batchOf(count, behind))
      const ends: number[] = []
      for (const _ of records) ends.push(await msUntil(pause.end(1)))
      expect(ends).to.deep.equal([...records.slice(1).map(() => 0), expected])
    })
  }

  it('depends only on the last fetch', async () => {
    pause.begin(1, batchOf(30))
    expect(await msUntil(pause.end(1))).to.equal(15)
    pause.begin(1, batchOf(1))
    expect(await msUntil(pause.end(1))).to.equal(0)
  })

  it('depends on the broker', async () => {
    pause.begin(1, batchOf(30))
    pause.begin(2, batchOf(1))
    expect([await msUntil(pause.end(2)), await msUntil(pause.end(1))]).to.deep.equal([0, 15])
  })
})
