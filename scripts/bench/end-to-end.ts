import { sleep } from '../../services/runtime/retry.ts'
import { ledgersOf } from '../workload/ledgers.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { endsOf, sum } from './sink/sink-run.ts'
import type { Pace } from './full-platform.ts'
import { withFullPlatform, postAtRate } from './full-platform.ts'

/** The most readings that may not be stored at the end, in seconds of the rate. */
const maxBacklogSeconds = 1

type Ladder = Pick<Pace, 'connections' | 'form' | 'size'> & {
  readonly label: string
  /** Readings per second in ascending order. */
  readonly rates: readonly number[]
  readonly bar: number
}

const ladders: readonly Ladder[] = [
  {
    label: 'single',
    connections: 64,
    form: 'single',
    size: 1,
    rates: [1_000, 2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 17_500, 20_000, 24_000],
    bar: 10_000,
  },
  {
    label: 'arrays',
    connections: 64,
    form: 'array',
    size: 100,
    rates: [2_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 65_000, 80_000],
    bar: 60_000,
  },
]

export const endToEnd: Bench = {
  name: 'end-to-end',
  description: 'highest steady rate with the whole platform on this machine',
  measure: async (context) => {
    const figures: Figure[] = []
    for (const ladder of ladders) {
      const figure = await withFullPlatform(context, (platform) =>
        findHighestRate(platform, context, ladder),
      )
      figures.push(...figure)
    }
    return figures
  },
}

async function findHighestRate(
  platform: BenchPlatform,
  context: BenchContext,
  ladder: Ladder,
): Promise<Figure[]> {
  const { connections, form, size, rates } = ladder
  context.printProgress(`${ladder.label}: warming up`)
  const warmUp = { rate: Math.min(...rates), seconds: context.isQuick ? 1 : 15 }
  await postAtRate(platform, context, { connections, form, size, ...warmUp })
  return [await climbLadder(platform, context, ladder)]
}

/**
 * Raises the rate while a short trial holds it, then lowers it until one is held for the full time.
 */
async function climbLadder(
  platform: BenchPlatform,
  context: BenchContext,
  { label, rates, bar, ...pace }: Ladder,
): Promise<Figure> {
  const [trialSeconds, fullSeconds] = context.isQuick ? [3, 5] : [20, 60]
  const holdRateFor = (rate: number, seconds: number) => {
    context.printProgress(`${label}: ${rate} readings per second for ${seconds} s`)
    return holdRate(platform, context, { ...pace, rate, seconds })
  }
  const heldRates: number[] = []
  for (const rate of rates) {
    // A second try, because work of the rate before, e.g. a checkpoint, may disturb the first one.
    const isHeld =
      (await holdRateFor(rate, trialSeconds)).isHeld ||
      (await holdRateFor(rate, trialSeconds)).isHeld
    if (!isHeld) break
    heldRates.unshift(rate)
  }
  const name = `end-to-end, ${label}`
  const bars = { unit: 'readings/s', bar: `≥ ${bar / 1000} k/s` }
  for (const rate of heldRates) {
    const { isHeld, note } = await holdRateFor(rate, fullSeconds)
    if (isHeld) return { name, value: rate, ...bars, met: rate >= bar, note }
  }
  return { name, value: 0, ...bars, met: false, note: 'even the lowest rate was not held' }
}

async function holdRate(platform: BenchPlatform, context: BenchContext, pace: Pace) {
  const { unanswered, refused, cores } = await postAtRate(platform, context, pace)
  const lag = await lagOf(platform)
  const waiting = unanswered * pace.size + lag
  const isHeld = refused === 0 && waiting <= maxBacklogSeconds * pace.rate
  await untilStored(platform, context)
  const note = `${waiting} not stored after ${pace.seconds} s; client ${cores.toFixed(2)} cores`
  return { isHeld, note }
}

/** Number of records that are not settled. */
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
