import { expect } from 'chai'
import { Registry } from 'prom-client'
import { DelayMetrics } from '../../../services/consumer/delay-metrics.ts'
import type { DecodedEntry } from '../../../services/ledger/batch.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { anEntry, noon } from '../../support/builders.ts'

const names = ['telemetry_recorded_to_stored_seconds', 'telemetry_received_to_stored_seconds']

describe('DelayMetrics', () => {
  /** Sum and count of both histograms after the entries were committed at `atMs`. */
  async function delaysAfter(
    entries: readonly DecodedEntry<ReceivedReading>[],
    { atMs, random }: { readonly atMs: number; readonly random: () => number },
  ) {
    const registry = new Registry()
    const metrics = new DelayMetrics(registry, { now: () => atMs * 1000 }, random)
    for (const entry of entries) metrics.observe([entry])
    const text = await registry.metrics()
    const valueOf = (name: string): number =>
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    return names.map((name) => ({ sum: valueOf(`${name}_sum`), count: valueOf(`${name}_count`) }))
  }

  const late = { recordedAt: noon - 3_000_000 }
  const afterNoon = { atMs: noon / 1000 + 2_000, random: () => 0 }

  it('measures the seconds from recording and from receipt to the commit', async () => {
    expect(await delaysAfter([anEntry(0, late)], afterNoon)).to.deep.equal([
      { sum: 5, count: 1 },
      { sum: 2, count: 1 },
    ])
  })

  it('ignores entries that are not readings', async () => {
    const { offset, original } = anEntry(0)
    const refused = { kind: 'refused', offset, original, code: 'expired', detail: '' } as const
    expect(await delaysAfter([refused], afterNoon)).to.deep.equal([
      { sum: 0, count: 0 },
      { sum: 0, count: 0 },
    ])
  })

  it('counts a reading from a clock that is ahead with a delay of 0', async () => {
    const ahead = anEntry(0, { recordedAt: noon + 9_000_000 })
    const [recorded] = await delaysAfter([ahead], afterNoon)
    expect(recorded).to.deep.equal({ sum: 0, count: 1 })
  })

  it('measures one reading in sixteen on average', async () => {
    const entries = Array.from({ length: 1_600 }, (_, index) => anEntry(index, late))
    let turn = 0
    // Evenly distributed over [0, 1), like a random generator.
    const random = (): number => (turn++ % 31) / 31
    const [recorded] = await delaysAfter(entries, { ...afterNoon, random })
    expect(recorded?.count).to.be.within(90, 110)
    expect((recorded?.sum ?? 0) / (recorded?.count ?? 0)).to.equal(5)
  })
})
