import { sleep } from '../../services/runtime/retry.ts'
import type { Bench } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { endsOf, runOne, runWaiting } from './sink-run.ts'
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
    const { records, signal, say } = context
    const begin = beginFor(records * (backlog + 3), Date.now())
    await fillTopic(platform.config, { first: 0, count: records, begin }, signal)
    const short = await runOne(platform, context)
    say(`${backlog * records} records`)
    await fillTopic(platform.config, { first: records, count: backlog * records, begin }, signal)
    const stop = new AbortController()
    const first = (backlog + 1) * records
    const arriving = arrive(platform, { begin, first }, AbortSignal.any([signal, stop.signal]))
    const long = await runWaiting(platform, context)
    stop.abort()
    await arriving
    const [value, limit] = [long.rowsPerSecond, short.rowsPerSecond]
    const most = short.peakMegabytes * growth
    return [
      {
        name: 'catch-up',
        value,
        unit: 'rows/s',
        limit,
        bar: '≥ 0.85 of sink',
        met: value >= 0.85 * limit,
      },
      {
        name: 'catch-up, memory',
        value: long.peakMegabytes,
        unit: 'MB',
        limit: short.peakMegabytes,
        bar: `flat: ≤ ${growth} of the shorter run`,
        met: long.peakMegabytes <= most,
        note: `${(await endsOf(platform)).reduce((sum, end) => sum + end, 0)} records in the log`,
      },
    ]
  },
}

/** Appends records at a steady rate until the signal. */
async function arrive(
  { config }: BenchPlatform,
  { begin, first }: { readonly begin: number; readonly first: number },
  signal: AbortSignal,
): Promise<void> {
  const none = new AbortController().signal
  const count = (arrivingPerSecond * fillEveryMs) / 1000
  for (let at = first; !signal.aborted; at += count) {
    const due = performance.now() + fillEveryMs
    await fillTopic(config, { first: at, count, begin }, none)
    await sleep(due - performance.now(), signal)
  }
}
