import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { createShortTimeoutKafka } from './brokers.ts'
import { ledgersOf } from './ledgers.ts'
import type { WorkloadPlatform } from './platform.ts'
import type { Progress } from './workload.ts'

/** Reads from Kafka and Postgres how far a topic is settled, by partition. */
export class TopicProgress implements AsyncDisposable {
  readonly #topic: string
  readonly #admin: TopicAdmin
  readonly #ledgers: PostgresLedgerStore

  constructor(platform: Pick<WorkloadPlatform, 'config' | 'kafka' | 'pool'>) {
    this.#topic = platform.config.kafka.topic
    this.#admin = new TopicAdmin(createShortTimeoutKafka(platform.kafka), this.#topic)
    this.#ledgers = ledgersOf(platform)
  }

  /** Rejects if Kafka or Postgres does not answer. */
  async read(): Promise<Pick<Progress, 'ends' | 'settled'>> {
    const ranges = await this.#admin.ranges()
    const log = await this.#ledgers.currentLog(this.#topic)
    const ledgers = (await this.#ledgers.ledgers()).filter((ledger) => ledger.logId === log?.id)
    const settled = new Map(ledgers.map(({ partition, nextOffset }) => [partition, nextOffset]))
    return {
      ends: ranges.map(({ high }) => high),
      // A partition that has never had a record has no ledger yet.
      settled: ranges.map(({ low }, partition) => settled.get(partition) ?? low),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin[Symbol.asyncDispose]()
  }
}
