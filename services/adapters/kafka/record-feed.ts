import type { Kafka } from 'kafkajs'
import { unlessAborted } from '../../runtime/abort.ts'
import { errorFields } from '../../runtime/logger.ts'
import { backoffPauses, sleep } from '../../runtime/retry.ts'
import type { BatchHandler } from './consumed-batch.ts'
import type { FeedOptions } from './feed-client.ts'
import { FeedClient } from './feed-client.ts'

/** Milliseconds between a client that broke and the next one. */
const backoff = { firstMs: 200, maxMs: 3_000 }

/** Reads the topic as a member of a group, a batch at a time, with a new client where one breaks. */
export class RecordFeed implements AsyncDisposable {
  readonly #kafka: Kafka
  readonly #options: FeedOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #client: FeedClient | undefined

  constructor(kafka: Kafka, options: FeedOptions) {
    this.#kafka = kafka
    this.#options = options
  }

  /** Whether the group has given this member its partitions. */
  get joined(): boolean {
    return this.#client?.joined ?? false
  }

  /** Begins to hand batches to the handler, and goes on until disposed. */
  start(handler: BatchHandler): void {
    this.#running = this.#run(handler)
  }

  async #run(handler: BatchHandler): Promise<void> {
    const { signal } = this.#stop
    let pauses = backoffPauses(backoff)
    while (!signal.aborted) {
      const wasMember = await this.#runClient(handler)
      if (wasMember) pauses = backoffPauses(backoff)
      await sleep(pauses.next().value, signal)
    }
  }

  /** One client's life; says whether the group has ever taken it. */
  async #runClient(handler: BatchHandler): Promise<boolean> {
    await using client = new FeedClient(this.#kafka, this.#options)
    this.#client = client
    try {
      await unlessAborted(client.run(handler), this.#stop.signal)
    } catch (error) {
      this.#options.logger.warn(errorFields(error), 'feed-broke')
    }
    return client.wasMember
  }

  /** Leaves the group, after the batches that are under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
