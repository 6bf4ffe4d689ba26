import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'
import { consumerGroupOf, createKafka } from '../../../services/adapters/kafka/client.ts'
import { hasOwnKafka } from '../../../infra/topology/external/kafka.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { ledgersOf } from '../../workload/ledgers.ts'
import type { BenchContext } from '../bench.ts'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'

/** Measures by the ledger how long consumers need for the backlog of the topic. */

export const pollIntervalMs = 20

/** The result of one run of the consumers. */
export type SinkRun = {
  readonly rowsPerSecond: number
  /** The highest peak of resident memory of any consumer. */
  readonly peakMegabytes: number
  /** Cores used by the consumers and by Postgres. */
  readonly cores: { readonly consumer: number; readonly postgres: number }
}

/** Removes all rows and the stored progress, so that the whole topic is a backlog again. */
export async function resetStoredRows(platform: BenchPlatform): Promise<void> {
  const { pool, config } = platform
  await forgetConsumerGroup(platform)
  await pool.query(
    `TRUNCATE "${config.postgres.table}", partition_ledger, offset_span, dead_letter`,
  )
  await checkpoint(pool)
}

/**
 * Removes the committed offsets of the group. A consumer reads the ledger only at its first batch, and
 * a group that is committed at the end of the topic gets no batch.
 */
async function forgetConsumerGroup({ kafka, config }: BenchPlatform): Promise<void> {
  const { topic } = kafka
  const group = consumerGroupOf({ pipeline: readingsPipeline, topic })
  const admin = clientOf(kafka).admin()
  await admin.connect()
  try {
    for (;;) {
      const { groups } = await admin.describeGroups([group])
      const state = groups[0]?.state
      if (state === 'Dead') return
      // Kafka refuses both until the last member has left.
      if (state !== 'Empty') await sleep(100)
      else if (hasOwnKafka(config)) await admin.deleteGroups([group]).catch(() => sleep(100))
      // At an existing Kafka the platform may not delete a group.
      else {
        await admin.resetOffsets({ groupId: group, topic, earliest: true })
        return
      }
    }
  } finally {
    await admin.disconnect()
  }
}

/** One consumer stores the whole topic into an empty table. */
export async function storeWholeLog(
  platform: BenchPlatform,
  context: Pick<BenchContext, 'signal'>,
): Promise<SinkRun> {
  await resetStoredRows(platform)
  return storeBacklog(platform, context)
}

/** One consumer stores the backlog. The time starts when the first records are settled. */
export async function storeBacklog(
  platform: BenchPlatform,
  { signal }: Pick<BenchContext, 'signal'>,
): Promise<SinkRun> {
  await platform.startServices('consumer-0')
  try {
    const ends = await endsOf(platform)
    const shares = [ends.map((_, partition) => partition)]
    return await measureRun(platform, ['consumer-0'], { ends, shares, signal })
  } finally {
    await platform.stopServices('consumer-0')
  }
}

/** Repeats a run and prints the progress. */
export async function repeat(
  { runs, printProgress }: Pick<BenchContext, 'runs' | 'printProgress'>,
  label: string,
  run: () => Promise<SinkRun>,
): Promise<SinkRun[]> {
  const done: SinkRun[] = []
  while (done.length < runs) {
    printProgress(`${label}, run ${done.length + 1} of ${runs}`)
    done.push(await run())
  }
  return done
}

export const rateOf = ({ rowsPerSecond }: SinkRun): number => rowsPerSecond
/** The highest peak memory of any consumer in any run. */
export const peakOf = (done: readonly SinkRun[]): number =>
  Math.max(...done.map(({ peakMegabytes }) => peakMegabytes))

type RunPlan = {
  readonly ends: readonly number[]
  /** The partitions of each consumer. */
  readonly shares: readonly (readonly number[])[]
  readonly signal: AbortSignal
}

/**
 * Measures from when every consumer has settled something until one consumer has settled its share.
 */
export async function measureRun(
  platform: BenchPlatform,
  names: readonly string[],
  { ends, shares, signal }: RunPlan,
): Promise<SinkRun> {
  const progress = new Progress(platform, signal)
  const start = await progress.look()
  const hasBegun = (settled: readonly number[]) => (partition: number) =>
    (settled[partition] ?? 0) > (start.settled[partition] ?? 0)
  const isDone = (settled: readonly number[]) => (partition: number) =>
    (settled[partition] ?? 0) >= (ends[partition] ?? 0)
  const begin = await progress.until((settled) =>
    shares.every((share) => share.some(hasBegun(settled))),
  )
  const usage = usageOf(platform, names)
  const end = await progress.until((settled) =>
    shares.some((share) => share.every(isDone(settled))),
  )
  const used = usageOf(platform, names)
  await progress.until((settled) => shares.flat().every(isDone(settled)))
  const seconds = (end.at - begin.at) / 1000
  return {
    rowsPerSecond: (sum(end.settled) - sum(begin.settled)) / seconds,
    peakMegabytes: Math.max(...names.map((name) => platform.peakMegabytes(name))),
    cores: {
      consumer: (used.consumer - usage.consumer) / seconds,
      postgres: (used.postgres - usage.postgres) / seconds,
    },
  }
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, value) => total + value, 0)

function usageOf(platform: BenchPlatform, names: readonly string[]) {
  return {
    consumer: sum(names.map((name) => platform.usage(name))),
    postgres: platform.usage('postgres-0'),
  }
}

/** The high watermark of each partition. */
export async function endsOf({ kafka }: BenchPlatform): Promise<number[]> {
  await using admin = new TopicAdmin(clientOf(kafka), kafka.topic)
  return (await admin.ranges()).map(({ high }) => high)
}

export function clientOf(settings: KafkaSettings) {
  return createKafka(settings, 'av-telemetry-bench', createLogger('bench', 'silent'))
}

type Sample = { readonly at: number; readonly settled: readonly number[] }

/** Polls the ledger. */
class Progress {
  readonly #ledgers: PostgresLedgerStore
  readonly #signal: AbortSignal

  constructor(platform: BenchPlatform, signal: AbortSignal) {
    this.#ledgers = ledgersOf(platform)
    this.#signal = signal
  }

  async until(condition: (settled: readonly number[]) => boolean): Promise<Sample> {
    for (;;) {
      const look = await this.look()
      if (condition(look.settled)) return look
      await sleep(pollIntervalMs, this.#signal)
      this.#signal.throwIfAborted()
    }
  }

  /** Settled offsets by partition. */
  async look(): Promise<Sample> {
    const settled: number[] = []
    for (const { partition, nextOffset } of await this.#ledgers.ledgers()) {
      settled[partition] = nextOffset
    }
    return {
      at: performance.now(),
      settled: Array.from(settled, (offset: number | undefined) => offset ?? 0),
    }
  }
}
