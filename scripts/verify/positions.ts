import { Kafka, logLevel } from 'kafkajs'
import type { PlatformConfig } from '../../infra/config.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger-store.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import type { Stack } from './stack.ts'

/** How far a platform is: the log's ends, and what is settled of it, by partition. */
export type Positions = { readonly ends: readonly number[]; readonly settled: readonly number[] }

/** A client that gives up at once: who asks again soon must not wait for the answer of before. */
export function impatientKafka({ kafka }: PlatformConfig): Kafka {
  return new Kafka({
    clientId: 'av-telemetry-verify',
    brokers: Array.from(
      { length: kafka.instances },
      (_, instance) => `127.0.0.1:${kafka.hostPort + instance}`,
    ),
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  })
}

/** Asks Kafka and Postgres themselves how far a platform is. */
export class PositionsView implements AsyncDisposable {
  readonly #stack: Stack
  readonly #admin: TopicAdmin
  readonly #ledgers: PostgresLedgerStore

  constructor(stack: Stack) {
    const { topic } = stack.config.kafka
    this.#stack = stack
    this.#admin = new TopicAdmin(impatientKafka(stack.config), topic)
    this.#ledgers = new PostgresLedgerStore(stack.pool, readingsPipeline)
  }

  /** Rejects where either cannot be asked. */
  async read(): Promise<Positions> {
    const ranges = await this.#admin.ranges()
    const log = await this.#ledgers.currentLog(this.#stack.config.kafka.topic)
    const ledgers = (await this.#ledgers.ledgers()).filter((ledger) => ledger.log === log?.id)
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
