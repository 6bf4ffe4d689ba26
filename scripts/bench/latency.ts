import type { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { PartitionLedger } from '../../services/ledger/ledger.ts'
import { parseReceipt } from '../../services/ledger/receipt.ts'
import { ledgersOf } from '../workload/ledgers.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import { medianWithSpread, quantile } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { withFullPlatform, postAtRate } from './full-platform.ts'

/** Readings per second, and the targets for p50 and p99 in milliseconds. */
const rates = [
  { rate: 100, p50: 10 },
  { rate: 1_000, p50: 15, p99: 60 },
  { rate: 5_000, p50: 40, p99: 150 },
] as const
const pollIntervalMs = 3

export const latency: Bench = {
  name: 'latency',
  description: 'time from the due time of a POST until the row is visible',
  measure: (context) =>
    withFullPlatform(context, async (platform) => {
      context.printProgress('warming up')
      await postSingly(platform, context, { rate: 1_000, seconds: context.isQuick ? 2 : 15 })
      const figures: Figure[] = []
      for (const bars of rates) {
        context.printProgress(`${bars.rate} readings per second`)
        figures.push(...(await measureAt(platform, context, bars)))
      }
      return figures
    }),
}

type Bars = { readonly rate: number; readonly p50?: number; readonly p99?: number }

async function measureAt(
  platform: BenchPlatform,
  context: BenchContext,
  { rate, p50, p99 }: Bars,
): Promise<Figure[]> {
  const runs: Run[] = []
  while (runs.length < context.runs) runs.push(await runAt(platform, context, rate))
  const figure = (share: number, most: number | undefined): Figure => {
    const middle = medianWithSpread(runs.map(({ durationsMs }) => quantile(durationsMs, share)))
    const name = `latency at ${rate}/s, p${share * 100}`
    return { name, ...middle, unit: 'ms', ...barOf(middle.value, most) }
  }
  const longestMs = Math.round(Math.max(...runs.map(({ durationsMs }) => quantile(durationsMs, 1))))
  const unsent = runs.reduce((sum, run) => sum + run.unsent, 0)
  const note = `longest ${longestMs} ms${unsent > 0 ? `; ${unsent} were never sent` : ''}`
  return [figure(0.5, p50), { ...figure(0.99, p99), note }]
}

/** Milliseconds of each reading, and the number of readings that were never sent. */
type Run = { readonly durationsMs: readonly number[]; readonly unsent: number }

async function runAt(platform: BenchPlatform, context: BenchContext, rate: number): Promise<Run> {
  await using ledgers = new LedgerWatch(platform)
  const seconds = context.isQuick ? 3 : 20
  const { receipts, unsent } = await postSingly(platform, context, { rate, seconds })
  return { durationsMs: await ledgers.waitFor(receipts), unsent }
}

function postSingly(
  platform: BenchPlatform,
  context: BenchContext,
  pace: { readonly rate: number; readonly seconds: number },
) {
  const form = { form: 'single', size: 1, keepsReceipts: true } as const
  return postAtRate(platform, context, { connections: 256, ...form, ...pace })
}

function barOf(value: number, most: number | undefined): Pick<Figure, 'bar' | 'met'> {
  return most === undefined ? {} : { bar: `≤ ${most} ms`, met: value <= most }
}

/**
 * Records when each offset was first seen as settled. The ledger is updated in the transaction of the
 * rows, so a row is visible when its offset is below the ledger's next offset.
 */
class LedgerWatch implements AsyncDisposable {
  readonly #ledgers: PostgresLedgerStore
  readonly #stop = new AbortController()
  readonly #polling: Promise<void>
  /** By partition, in order of time: the ledger's next offset, and when it was first seen. */
  readonly #seen = new Map<number, { readonly next: number; readonly at: number }[]>()

  constructor(platform: BenchPlatform) {
    this.#ledgers = ledgersOf(platform)
    this.#polling = this.#poll()
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const ledgers = await this.#ledgers.ledgers()
      const at = performance.timeOrigin + performance.now()
      for (const ledger of ledgers) this.#note(ledger, at)
      await sleep(pollIntervalMs)
    }
  }

  #note({ partition, nextOffset }: PartitionLedger & { readonly partition: number }, at: number) {
    const samples = this.#seen.get(partition) ?? []
    if (samples.at(-1)?.next !== nextOffset) samples.push({ next: nextOffset, at })
    this.#seen.set(partition, samples)
  }

  /** Milliseconds from the due time of each reading until its row was visible. */
  async waitFor(receipts: readonly (readonly [due: number, receipt: string])[]) {
    const durationsMs: number[] = []
    for (const [due, receipt] of receipts) durationsMs.push((await this.#visibleAt(receipt)) - due)
    return durationsMs
  }

  async #visibleAt(receipt: string): Promise<number> {
    const position = parseReceipt(receipt)
    if (!position) throw new Error(`${receipt} is not a receipt`)
    for (;;) {
      const samples = this.#seen.get(position.partition) ?? []
      if ((samples.at(-1)?.next ?? 0) > position.offset) {
        return samples[firstIndexPast(samples, position.offset)]?.at ?? NaN
      }
      await sleep(pollIntervalMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#polling
  }
}

/** The index of the first sample past the offset. Samples are in ascending order. */
function firstIndexPast(samples: readonly { readonly next: number }[], offset: number): number {
  let [low, high] = [0, samples.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((samples[middle]?.next ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}
