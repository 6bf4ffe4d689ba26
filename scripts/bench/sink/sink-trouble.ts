import type { OutgoingRecord } from '../../../services/telemetry/ports.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { beginFor, recordAt } from '../../workload/readings/numbered-readings.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { median, middleOf } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { runWaiting } from './sink-run.ts'

/** One in so many is a resend, or cannot be read. */
const [oneInHundred, oneInTenThousand] = [100, 10_000]

type Trouble = {
  readonly name: string
  readonly bar: number
  /** What is sent in place of the `index`-th record; `begin` as in `Fill`. */
  readonly instead: (record: OutgoingRecord, index: number, begin: number) => OutgoingRecord
}

export const sinkDuplicates: Bench = {
  name: 'sink-duplicates',
  about: 'the same where records were sent before',
  measure: (context) =>
    measureTroubles(context, [
      {
        name: 'sink-duplicates, 1 %',
        bar: 0.6,
        instead: (record, index, begin) =>
          index % oneInHundred === 0 ? recordAt(index - context.records, begin) : record,
      },
      {
        name: 'sink-duplicates, 100 %',
        bar: 0.4,
        instead: (_, index, begin) => recordAt(index - context.records, begin),
      },
    ]),
}

export const sinkPoison: Bench = {
  name: 'sink-poison',
  about: 'the same with one record in 10,000 that cannot be read',
  measure: (context) =>
    measureTroubles(context, [
      {
        name: 'sink-poison',
        bar: 0.7,
        instead: (record, index) =>
          index % oneInTenThousand === 0 ? { ...record, value: 'no reading' } : record,
      },
    ]),
}

/** Each run: records that are new, then as many in which there is trouble. */
async function measureTroubles(
  context: BenchContext,
  troubles: readonly Trouble[],
): Promise<Figure[]> {
  await using platform = await context.open()
  const without: number[] = []
  const rates = troubles.map(() => [] as number[])
  const turns = context.runs * (1 + troubles.length)
  const begin = beginFor(context.records * turns, Date.now())
  let turn = 0
  for (let run = 1; run <= context.runs; run += 1) {
    context.say(`run ${run} of ${context.runs}`)
    without.push(await storeMore(platform, context, { begin, turn: turn++ }))
    for (const [index, trouble] of troubles.entries()) {
      rates[index]?.push(await storeMore(platform, context, { begin, turn: turn++, trouble }))
    }
  }
  const limit = median(without)
  return troubles.map(({ name, bar }, index) => {
    const rate = middleOf(rates[index] ?? [])
    const met = rate.value >= bar * limit
    return { name, ...rate, unit: 'records/s', limit, bar: `≥ ${bar} of the run without`, met }
  })
}

type Turn = { readonly begin: number; readonly turn: number; readonly trouble?: Trouble }

async function storeMore(
  platform: BenchPlatform,
  context: BenchContext,
  { begin, turn, trouble }: Turn,
): Promise<number> {
  const { records, signal } = context
  const fill = { first: turn * records, count: records, begin }
  const change = (record: OutgoingRecord, index: number): OutgoingRecord =>
    trouble ? trouble.instead(record, index, begin) : record
  await fillTopic(platform.config, { ...fill, change }, signal)
  return (await runWaiting(platform, context)).rowsPerSecond
}
