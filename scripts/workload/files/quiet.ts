import type pg from 'pg'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { createShortTimeoutKafka } from '../brokers.ts'
import type { WorkloadPlatform } from '../platform.ts'
import { TopicProgress } from '../topic-progress.ts'
import { messageTopic, pipelineOf, storingPipeline } from './routes.ts'

/** Work on files that is not complete: their effects, or a second copy of them, can still come. */
type Remaining = {
  /** Messages that wait to be sent to Kafka. */
  readonly messages: number
  /** Tasks that have not ended. */
  readonly tasks: number
  /** Records of both topics that are not stored. */
  readonly records: number
}

/** @returns a sentence if something is still on its way after the timeout */
export async function untilQuiet(
  read: () => Promise<Remaining>,
  { timeoutMs, pollMs }: { readonly timeoutMs: number; readonly pollMs: number },
): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { messages, tasks, records } = await read()
    if (messages + tasks + records === 0) return undefined
    if (Date.now() > deadline)
      return `${messages} messages, ${tasks} tasks and ${records} records were not settled after ${timeoutMs / 1_000} s`
    await sleep(pollMs)
  }
}

/** Reads what is still on its way on a platform. */
export class RemainingReader implements AsyncDisposable {
  readonly #pool: pg.Pool
  readonly #messages: TopicAdmin
  readonly #readings: TopicProgress

  constructor(platform: Pick<WorkloadPlatform, 'config' | 'kafka' | 'pool'>) {
    this.#pool = platform.pool
    this.#messages = new TopicAdmin(createShortTimeoutKafka(platform.kafka), messageTopic)
    this.#readings = new TopicProgress(platform)
  }

  async read(): Promise<Remaining> {
    const { rows } = await this.#pool.query<{ messages: number; tasks: number }>(
      `SELECT (SELECT count(*)::int FROM outbox WHERE topic = $1) AS messages,
         (SELECT count(*)::int FROM task WHERE pipeline = ANY ($2) AND state IN ('queued', 'running')) AS tasks`,
      [messageTopic, [...Object.values(pipelineOf), storingPipeline]],
    )
    const [row] = rows
    if (row === undefined) throw new Error('The count query returned no row.')
    return { ...row, records: (await this.#lagOfMessages()) + (await this.#lagOfReadings()) }
  }

  async #lagOfMessages(): Promise<number> {
    if (!(await this.#messages.exists())) return 0
    const ranges = await this.#messages.ranges()
    const store = new PostgresLedgerStore(this.#pool, storingPipeline)
    const log = await store.currentLog(messageTopic)
    const ledgers = (await store.ledgers()).filter(({ logId }) => logId === log?.id)
    const settled = new Map(ledgers.map(({ partition, nextOffset }) => [partition, nextOffset]))
    return lagOf(
      ranges.map(({ high }) => high),
      ranges.map(({ low }, partition) => settled.get(partition) ?? low),
    )
  }

  async #lagOfReadings(): Promise<number> {
    const { ends, settled } = await this.#readings.read()
    return lagOf(ends, settled)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messages[Symbol.asyncDispose]()
    await this.#readings[Symbol.asyncDispose]()
  }
}

const lagOf = (ends: readonly number[], settled: readonly number[]): number =>
  ends.reduce((sum, end, partition) => sum + Math.max(0, end - (settled[partition] ?? 0)), 0)
