import { sleep } from '../../services/runtime/retry.ts'
import type { Bench } from './bench.ts'
import { median, middleOf } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { endsOf, makeWait, peakOf, rateOf, repeat, runOne, runWaiting, sum } from './sink-run.ts'
import { beginFor, fillTopic } from './workload.ts'

/** Times the records of a run that wait. */
const backlog = 5
const arrivingPerSecond = 2_000
const fillEveryMs = 100
/** By how much the most memory of the long run may exceed that of the short one. */
const growth = 1.25

export const catchUp: Bench = {
  name: 'catch-up',
  about: `${backlog} times as many records wait, and ${arrivingPerSecond} a second still arrive`,
  measure: async (context) => {
    await using platform = await context.open()
    const { records, signal } = context
    const begin = beginFor(records * (backlog + 3), Date.now())
    await fillTopic(platform.config, { first: 0, count: records, begin }, signal)
    const short = await repeat(context, `${records} records`, () => runOne(platform, context))
    await fillTopic(platform.config, { first: records, count: backlog * records, begin }, signal)
    let first = (backlog + 1) * records
    const long = await repeat(context, `${backlog * records} more`, async () => {
      await makeWait(platform)
      const stop = new AbortController()
      const arriving = arrive(platform, {
        begin,
        first,
        signal: AbortSignal.any([signal, stop.signal]),
      })
      try {
        return await runWaiting(platform, context)
      } finally {
        stop.abort()
        first = await arriving
      }
    })
    const limit = median(short.map(rateOf))
    const rate = middleOf(long.map(rateOf))
    const [shortPeak, longPeak] = [short, long].map(peakOf) as [number, number]
    return [
      {
        name: 'catch-up',
        ...rate,
        unit: 'rows/s',
        limit,
        bar: '≥ 0.85 of sink',
        met: rate.value >= 0.85 * limit,
      },
      {
        name: 'catch-up, memory',
        value: longPeak,
        unit: 'MB',
        limit: shortPeak,
        bar: `flat: ≤ ${growth} of the shorter run`,
        met: longPeak <= growth * shortPeak,
        note: `${sum(await endsOf(platform))} records in the log`,
      },
    ]
  },
}

type Arrivals = { readonly begin: number; readonly first: number; readonly signal: AbortSignal }

/** Appends records at a steady rate until the signal; gives the number of the one that would be next. */
async function arrive(
  { config }: BenchPlatform,
  { begin, first, signal }: Arrivals,
): Promise<number> {
  const none = new AbortController().signal
  const count = (arrivingPerSecond * fillEveryMs) / 1000
  let at = first
  for (; !signal.aborted; at += count) {
    const due = performance.now() + fillEveryMs
    await fillTopic(config, { first: at, count, begin }, none)
    await sleep(due - performance.now(), signal)
  }
  return at
}
