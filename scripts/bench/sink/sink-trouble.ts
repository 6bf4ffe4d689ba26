import type { OutgoingRecord } from '../../../services/telemetry/store-interfaces.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { beginFor, numberedRecord } from '../../workload/readings/numbered-readings.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { storeBacklog } from './sink-run.ts'

/** One record in this many is a duplicate, or is invalid. */
const [oneInHundred, oneInTenThousand] = [100, 10_000]

type Disturbance = {
  readonly name: string
  readonly bar: number
  /** Replaces record number `index`; `begin` as in `Fill`. */
  readonly replace: (record: OutgoingRecord, index: number, begin: number) => OutgoingRecord
}

export const sinkDuplicates: Bench = {
  name: 'sink-duplicates',
  description: 'rate of sink with duplicate records',
  measure: (context) =>
    measureDisturbances(context, [
      {
        name: 'sink-duplicates, 1 %',
        bar: 0.6,
        replace: (record, index, begin) =>
          index % oneInHundred === 0 ? numberedRecord(index - context.records, begin) : record,
      },
      {
        name: 'sink-duplicates, 100 %',
        bar: 0.4,
        replace: (_, index, begin) => numberedRecord(index - context.records, begin),
      },
    ]),
}

export const sinkPoison: Bench = {
  name: 'sink-poison',
  description: 'rate of sink with one invalid record in 10,000',
  measure: (context) =>
    measureDisturbances(context, [
      {
        name: 'sink-poison',
        bar: 0.7,
        replace: (record, index) =>
          index % oneInTenThousand === 0 ? { ...record, value: 'no reading' } : record,
      },
    ]),
}

/** Each run stores new records, then the same number for each disturbance. */
async function measureDisturbances(
  context: BenchContext,
  disturbances: readonly Disturbance[],
): Promise<Figure[]> {
  await using platform = await context.open()
  const without: number[] = []
  const rates = disturbances.map(() => [] as number[])
  const turns = context.runs * (1 + disturbances.length)
  const begin = beginFor(context.records * turns, Date.now())
  let turn = 0
  for (let run = 1; run <= context.runs; run += 1) {
    context.printProgress(`run ${run} of ${context.runs}`)
    without.push(await storeMore(platform, context, { begin, turn: turn++ }))
    for (const [index, disturbance] of disturbances.entries()) {
      rates[index]?.push(await storeMore(platform, context, { begin, turn: turn++, disturbance }))
    }
  }
  const limit = median(without)
  return disturbances.map(({ name, bar }, index) => {
    const rate = medianWithSpread(rates[index] ?? [])
    const met = rate.value >= bar * limit
    return { name, ...rate, unit: 'records/s', limit, bar: `≥ ${bar} of the run without`, met }
  })
}

type Turn = { readonly begin: number; readonly turn: number; readonly disturbance?: Disturbance }

async function storeMore(
  platform: BenchPlatform,
  context: BenchContext,
  { begin, turn, disturbance }: Turn,
): Promise<number> {
  const { records, signal } = context
  const fill = { first: turn * records, count: records, begin }
  const change = (record: OutgoingRecord, index: number): OutgoingRecord =>
    disturbance ? disturbance.replace(record, index, begin) : record
  await fillTopic(platform, { ...fill, change }, signal)
  return (await storeBacklog(platform, context)).rowsPerSecond
}
