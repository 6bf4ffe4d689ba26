import { setMaxListeners } from 'node:events'
import type { Message, Producer, RecordMetadata } from 'kafkajs'
import type { Random } from '../../../fleet/random.ts'
import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { ReconnectingClient } from '../../../services/adapters/kafka/reconnecting-client.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { Account } from './account.ts'
import type { Content } from './content.ts'
import { idOf, valueOf } from './content.ts'
import { topic } from './pipelines.ts'
import { closingRecord, VersionSource } from './versions.ts'

/** Number of lines. A line has its own advertisements and at most one open send. */
const lines = 20
/** Milliseconds between two sends of a line; longer if that would be less than one record. */
const sendIntervalMs = 200
/** Milliseconds before a send is repeated. */
const retryMs = 500
/** A line that is later than this does not catch up: it starts a new schedule. */
const maxLatenessMs = 500
const callTimeoutMs = 10_000

/** The header with the run and the number of a record. No column reads it. */
export const unitHeader = 'unit'

export type LoadOptions = {
  readonly kafka: ClosableKafka
  readonly partitions: number
  /** Records per second. */
  readonly rate: number
  readonly account: Account
  readonly random: Random
}

/**
 * Sends records to the topic with acks=all, at a steady rate. A send that fails is repeated unchanged,
 * so a record whose acknowledgement was lost may be in the topic several times.
 */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions
  readonly #producer: ReconnectingClient<Producer>
  readonly #sources: readonly VersionSource[]
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #lines: readonly Promise<void>[]
  #nextKey = 0

  constructor(options: LoadOptions) {
    const { kafka, random } = options
    this.#options = options
    // Every line listens to both signals.
    setMaxListeners(lines * 2, this.#stop.signal, this.#giveUp.signal)
    const create = () =>
      kafka.client((own): Producer => {
        return own.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
      })
    this.#producer = new ReconnectingClient(create, callTimeoutMs, () => true)
    this.#sources = Array.from(
      { length: lines },
      () => new VersionSource(random, () => this.#nextKey++),
    )
    this.#lines = this.#sources.map((source) => this.#drive(source))
  }

  /**
   * Stops the lines. Resolves when everything that was sent is acknowledged, or is given up after the
   * timeout.
   *
   * @returns messages about records that were given up
   */
  async stop(timeoutSeconds: number): Promise<string[]> {
    this.#stop.abort()
    await this.#untilAcknowledged(Promise.all(this.#lines), timeoutSeconds)
    return this.#failures(timeoutSeconds)
  }

  /** After `stop`: sends the records that a redrive of the held ones must not change, or must. */
  async sendClosingRecords(timeoutSeconds: number): Promise<string[]> {
    const held = this.#sources.flatMap((source) => source.held)
    const contents = held.map(closingRecord).filter((content) => content !== undefined)
    if (contents.length === 0) return []
    await this.#untilAcknowledged(this.#send(contents), timeoutSeconds)
    return this.#failures(timeoutSeconds)
  }

  #failures(timeoutSeconds: number): string[] {
    if (!this.#giveUp.signal.aborted) return []
    return [`not all records were acknowledged within ${timeoutSeconds} s after the last one`]
  }

  async #untilAcknowledged(work: Promise<unknown>, timeoutSeconds: number): Promise<void> {
    const limit = setTimeout(() => {
      this.#giveUp.abort()
    }, timeoutSeconds * 1000)
    await work
    clearTimeout(limit)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort()
    await this.#producer[Symbol.asyncDispose]()
    await this.stop(0)
  }

  async #drive(source: VersionSource): Promise<void> {
    const { rate, random } = this.#options
    const msPerRecord = (1000 * lines) / rate
    const size = Math.max(1, Math.round(sendIntervalMs / msPerRecord))
    // Random, so that lines which waited for the same outage do not continue in step.
    const randomDueTime = (): number => Date.now() + random() * msPerRecord * size
    let due = randomDueTime()
    for (;;) {
      await sleep(Math.max(0, due - Date.now()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      await this.#send(source.create(size))
      due += msPerRecord * size
      if (due < Date.now() - maxLatenessMs) due = randomDueTime()
    }
  }

  /** Sends records again and again until they are acknowledged. */
  async #send(contents: readonly Content[]): Promise<void> {
    const { account } = this.#options
    const units = contents.map((content) => account.add(content))
    const messages = contents.map((content, index) => this.#toMessage(content, units[index] ?? 0))
    for (;;) {
      const metadata = await this.#attempt(messages)
      if (metadata !== undefined) {
        acknowledge(account, { units, messages, metadata })
        return
      }
      account.refused += messages.length
      if (this.#giveUp.signal.aborted) return
      await sleep(retryMs, this.#giveUp.signal)
    }
  }

  /** @returns undefined if Kafka has not acknowledged all messages */
  async #attempt(messages: readonly PlacedMessage[]): Promise<RecordMetadata[] | undefined> {
    const order = { topic, acks: -1, messages: [...messages] }
    try {
      return await this.#producer.use((producer) => producer.send(order))
    } catch {
      return undefined
    }
  }

  #toMessage(content: Content, unit: number): PlacedMessage {
    const { account, partitions } = this.#options
    const { run } = account
    return {
      // All versions of an advertisement are in one partition, in the order of their acknowledgements.
      partition: content.key % partitions,
      key: content.form === 'garbage' ? null : idOf(run, content.key),
      value: valueOf(run, content),
      headers: { [unitHeader]: `${run}.${unit}` },
    }
  }
}

type PlacedMessage = Message & { readonly partition: number }

type AcknowledgedSend = {
  readonly units: readonly number[]
  readonly messages: readonly PlacedMessage[]
  readonly metadata: readonly RecordMetadata[]
}

/** The messages of a partition have consecutive offsets. */
function acknowledge(account: Account, { units, messages, metadata }: AcknowledgedSend): void {
  const next = new Map(metadata.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
  for (const [index, { partition }] of messages.entries()) {
    const offset = next.get(partition)
    const unit = units[index]
    if (offset === undefined || unit === undefined)
      throw new Error(`Kafka's answer has no offset for partition ${partition}.`)
    account.acknowledge(unit, { partition, offset })
    next.set(partition, offset + 1)
  }
}
