import { sleep } from '../../services/runtime/retry.ts'
import { ledgersOf } from '../workload/ledgers.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { endsOf, sum } from './sink/sink-run.ts'
import type { Pace } from './whole.ts'
import { onWhole, postAtRate } from './whole.ts'

/** How many seconds' worth of readings may be no rows yet at the end, wherever they wait. */
const mostWaitingSeconds = 1

type Ladder = Pick<Pace, 'connections' | 'form' | 'size'> & {
  readonly words: string
  /** Readings a second, from the lowest up. */
  readonly rates: readonly number[]
  readonly bar: number
}

const ladders: readonly Ladder[] = [
  {
    words: 'single',
    connections: 64,
    form: 'single',
    size: 1,
    rates: [1_000, 2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 17_500, 20_000, 24_000],
    bar: 15_000,
  },
  {
    words: 'arrays',
    connections: 64,
    form: 'array',
    size: 100,
    rates: [2_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 65_000, 80_000],
    bar: 40_000,
  },
]

export const endToEnd: Bench = {
  name: 'end-to-end',
  about: 'the highest steady rate with everything on this machine',
  measure: async (context) => {
    const figures: Figure[] = []
    for (const ladder of ladders) {
      const figure = await onWhole(context, (platform) => climb(platform, context, ladder))
      figures.push(...figure)
    }
    return figures
  },
}

async function climb(
  platform: BenchPlatform,
  context: BenchContext,
  ladder: Ladder,
): Promise<Figure[]> {
  const { connections, form, size, rates } = ladder
  context.say(`${ladder.words}: warming up`)
  const warmUp = { rate: Math.min(...rates), seconds: context.isQuick ? 1 : 15 }
  await postAtRate(platform, context, { connections, form, size, ...warmUp })
  return [await highest(platform, context, ladder)]
}

/** Up the ladder as long as a rate is kept for a while, then down until one is kept for the whole time. */
async function highest(
  platform: BenchPlatform,
  context: BenchContext,
  { words, rates, bar, ...pace }: Ladder,
): Promise<Figure> {
  const [trial, whole] = context.isQuick ? [3, 5] : [20, 60]
  const keptFor = (rate: number, seconds: number) => {
    context.say(`${words}: ${rate} readings a second for ${seconds} s`)
    return keeps(platform, context, { ...pace, rate, seconds })
  }
  const kept: number[] = []
  for (const rate of rates) {
    // What the rate before has left to do, as a checkpoint, is not its own: it has a second try.
    const isKept = (await keptFor(rate, trial)).isKept || (await keptFor(rate, trial)).isKept
    if (!isKept) break
    kept.unshift(rate)
  }
  const name = `end-to-end, ${words}`
  const bars = { unit: 'readings/s', bar: `≥ ${bar / 1000} k/s` }
  for (const rate of kept) {
    const { isKept, note } = await keptFor(rate, whole)
    if (isKept) return { name, value: rate, ...bars, met: rate >= bar, note }
  }
  return { name, value: 0, ...bars, met: false, note: 'not even the lowest rate was kept' }
}

async function keeps(platform: BenchPlatform, context: BenchContext, pace: Pace) {
  const { unanswered, refused, cores } = await postAtRate(platform, context, pace)
  const lag = await lagOf(platform)
  const waiting = unanswered * pace.size + lag
  const isKept = refused === 0 && waiting <= mostWaitingSeconds * pace.rate
  await untilStored(platform, context)
  const note = `${waiting} were no rows yet after ${pace.seconds} s; client ${cores.toFixed(2)} cores`
  return { isKept, note }
}

/** Records that are not settled. */
async function lagOf(platform: BenchPlatform): Promise<number> {
  const ends = sum(await endsOf(platform))
  const ledgers = await ledgersOf(platform).ledgers()
  return ends - sum(ledgers.map(({ nextOffset }) => nextOffset))
}

async function untilStored(platform: BenchPlatform, { signal }: BenchContext): Promise<void> {
  while ((await lagOf(platform)) > 0) {
    signal.throwIfAborted()
    await sleep(200, signal)
  }
}
