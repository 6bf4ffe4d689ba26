import { unlessAborted } from '../../runtime/abort.ts'
import { errorFields } from '../../runtime/logger.ts'
import { backoffPauses, sleep } from '../../runtime/retry.ts'
import type { ClosableKafka } from './closable-kafka.ts'
import { accessFaultOf } from './connection/access-fault.ts'
import type { BatchHandler } from './consumed-batch.ts'
import type { FeedOptions } from './feed-client.ts'
import { FeedClient } from './feed-client.ts'

/** The pauses between a client that failed and the next one. */
const backoff = { firstMs: 200, maxMs: 3_000 }
/** A member that may not read has failed before. */
const settledAfterMs = 5_000

/**
 * Reads the topic as a member of a consumer group, batch by batch. Replaces a client that fails.
 */
export class RecordConsumer implements AsyncDisposable {
  readonly #kafka: ClosableKafka
  readonly #options: FeedOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #client: FeedClient | undefined
  #fault: string | undefined

  constructor(kafka: ClosableKafka, options: FeedOptions) {
    this.#kafka = kafka
    this.#options = options
  }

  /** Whether the group has assigned this member its partitions. */
  get joined(): boolean {
    return this.#client?.joined ?? false
  }

  /**
   * Why the brokers have not accepted the last client: its login, their certificate or a right. A client without the
   * right to read joins its group and then fails, again and again, so a new member does not count at once.
   */
  get accessFault(): string | undefined {
    return (this.#client?.joinedForMs ?? 0) < settledAfterMs ? this.#fault : undefined
  }

  /** Starts to pass batches to the handler, until disposed. */
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

  /** Runs one client until it fails. Returns whether it ever was a member of the group. */
  async #runClient(handler: BatchHandler): Promise<boolean> {
    await using client = new FeedClient(this.#kafka, this.#options)
    this.#client = client
    try {
      await unlessAborted(client.run(handler), this.#stop.signal)
    } catch (error) {
      this.#fault = accessFaultOf(error)
      this.#options.logger.warn(errorFields(error), 'feed-broke')
    }
    return client.wasMember
  }

  /** Waits for the batches in progress, then leaves the group. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
