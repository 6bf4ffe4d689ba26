import { createRandom } from '../../../fleet/random.ts'
import { AppendedReadings } from '../../workload/readings/appended-readings.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { beginFor } from '../../workload/readings/numbered-readings.ts'
import type { Sender } from '../../workload/workload.ts'
import type { Bench } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import {
  endsOf,
  resetStoredRows,
  peakOf,
  rateOf,
  repeat,
  storeWholeLog,
  storeBacklog,
  sum,
} from './sink-run.ts'

/** Size of the backlog, as a multiple of the records per run. */
const backlog = 5
const arrivingPerSecond = 2_000
/** Seconds to wait until the last arriving records are acknowledged. */
const timeoutSeconds = 60
/** The peak memory of the long run may be this many times that of the short run. */
const maxMemoryGrowth = 1.25

export const catchUp: Bench = {
  name: 'catch-up',
  description: `a backlog of ${backlog} times the records, while ${arrivingPerSecond} records per second arrive`,
  measure: async (context) => {
    await using platform = await context.open()
    const { records, signal } = context
    const begin = beginFor(records * (backlog + 3), Date.now())
    await fillTopic(platform, { first: 0, count: records, begin }, signal)
    const short = await repeat(context, `${records} records`, () =>
      storeWholeLog(platform, context),
    )
    await fillTopic(platform, { first: records, count: backlog * records, begin }, signal)
    const arrivals = new AppendedReadings({ first: (backlog + 1) * records, begin })
    const long = await repeat(context, `${backlog * records} more`, async () => {
      await resetStoredRows(platform)
      return whileArriving(arrivals, platform, () => storeBacklog(platform, context))
    })
    const limit = median(short.map(rateOf))
    const rate = medianWithSpread(long.map(rateOf))
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
        bar: `flat: ≤ ${maxMemoryGrowth} of the shorter run`,
        met: longPeak <= maxMemoryGrowth * shortPeak,
        note: `${sum(await endsOf(platform))} records in the log`,
      },
    ]
  },
}

/** @throws Error if an arriving record is not acknowledged */
async function whileArriving<T>(
  sender: Sender,
  platform: BenchPlatform,
  work: () => Promise<T>,
): Promise<T> {
  await sender.begin(platform, { rate: arrivingPerSecond, random: createRandom(0, 0) })
  const result = await work().catch(async (error: unknown) => {
    await sender.stop(timeoutSeconds)
    throw error
  })
  const failures = await sender.stop(timeoutSeconds)
  if (failures.length > 0) throw new Error(failures.join('; '))
  return result
}
