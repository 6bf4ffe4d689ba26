import type { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { sleep } from '../../services/runtime/retry.ts'
import type { PartitionLedger } from '../../services/ledger/ledger.ts'
import { parseReceipt } from '../../services/ledger/receipt.ts'
import { ledgersOf } from '../workload/ledgers.ts'
import type { Bench, BenchContext, Figure } from './bench.ts'
import { middleOf, quantile } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { onWhole, postAtRate } from './whole.ts'

/** Readings a second, and what half and 99 of 100 of them should take at most, in milliseconds. */
const rates = [
  { rate: 100 },
  { rate: 1_000, p50: 25, p99: 150 },
  { rate: 5_000, p99: 300 },
] as const
const lookEveryMs = 3

export const latency: Bench = {
  name: 'latency',
  about: 'from when a reading was due to be posted to its row',
  measure: (context) =>
    onWhole(context, async (platform) => {
      context.say('warming up')
      await postSingly(platform, context, { rate: 1_000, seconds: context.isQuick ? 2 : 15 })
      const figures: Figure[] = []
      for (const bars of rates) {
        context.say(`${bars.rate} readings a second`)
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
    const middle = middleOf(runs.map(({ took }) => quantile(took, share)))
    const name = `latency at ${rate}/s, p${share * 100}`
    return { name, ...middle, unit: 'ms', ...barOf(middle.value, most) }
  }
  const longest = Math.round(Math.max(...runs.map(({ took }) => quantile(took, 1))))
  const left = runs.reduce((sum, run) => sum + run.left, 0)
  const note = `longest ${longest} ms${left > 0 ? `; ${left} were never sent` : ''}`
  return [figure(0.5, p50), { ...figure(0.99, p99), note }]
}

/** Milliseconds that each reading took, and how many were never sent. */
type Run = { readonly took: readonly number[]; readonly left: number }

async function runAt(platform: BenchPlatform, context: BenchContext, rate: number): Promise<Run> {
  await using ledgers = new LedgerWatch(platform)
  const seconds = context.isQuick ? 3 : 20
  const { receipts, left } = await postSingly(platform, context, { rate, seconds })
  return { took: await ledgers.waitFor(receipts), left }
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
 * Knows when each offset was first seen to be settled: the ledger moves in the transaction of the
 * rows, so that a row can be seen when its offset is behind the ledger's.
 */
class LedgerWatch implements AsyncDisposable {
  readonly #ledgers: PostgresLedgerStore
  readonly #stop = new AbortController()
  readonly #looking: Promise<void>
  /** By partition, in the order of looking: the ledger's next offset, and when it was first seen. */
  readonly #seen = new Map<number, { readonly next: number; readonly at: number }[]>()

  constructor(platform: BenchPlatform) {
    this.#ledgers = ledgersOf(platform)
    this.#looking = this.#look()
  }

  async #look(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const ledgers = await this.#ledgers.ledgers()
      const at = performance.timeOrigin + performance.now()
      for (const ledger of ledgers) this.#note(ledger, at)
      await sleep(lookEveryMs)
    }
  }

  #note({ partition, nextOffset }: PartitionLedger & { readonly partition: number }, at: number) {
    const looks = this.#seen.get(partition) ?? []
    if (looks.at(-1)?.next !== nextOffset) looks.push({ next: nextOffset, at })
    this.#seen.set(partition, looks)
  }

  /** Milliseconds from when each reading was due until it could be seen. */
  async waitFor(receipts: readonly (readonly [due: number, receipt: string])[]) {
    const took: number[] = []
    for (const [due, receipt] of receipts) took.push((await this.#visibleAt(receipt)) - due)
    return took
  }

  async #visibleAt(receipt: string): Promise<number> {
    const position = parseReceipt(receipt)
    if (!position) throw new Error(`${receipt} is no receipt`)
    for (;;) {
      const looks = this.#seen.get(position.partition) ?? []
      if ((looks.at(-1)?.next ?? 0) > position.offset) {
        return looks[firstPast(looks, position.offset)]?.at ?? NaN
      }
      await sleep(lookEveryMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#looking
  }
}

/** The index of the first look that is past the offset; the looks are in order. */
function firstPast(looks: readonly { readonly next: number }[], offset: number): number {
  let [low, high] = [0, looks.length - 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((looks[middle]?.next ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}
