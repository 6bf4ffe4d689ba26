import type { Message, Producer } from 'kafkajs'
import type { Random } from '../../../fleet/random.ts'
import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { ReconnectingClient } from '../../../services/adapters/kafka/reconnecting-client.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { Account } from './account.ts'
import { drawIsTwice, drawKind, valueOf } from './message.ts'
import { topic } from './pipelines.ts'

/** Milliseconds between two sends. */
const sendIntervalMs = 100
/** Milliseconds before a send is repeated. */
const retryMs = 500
/** If sending falls behind by more than this, it does not catch up. */
const maxLatenessMs = 500
const callTimeoutMs = 10_000

export type LoadOptions = {
  readonly kafka: ClosableKafka
  /** Messages per second. */
  readonly rate: number
  readonly account: Account
  readonly random: Random
}

/**
 * Sends messages with acks=all and an idempotent producer, one send at a time, at a steady rate. A send
 * that fails is repeated unchanged by a new producer, so the topic may hold a message several times. The
 * header `id` is then the same.
 */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions
  readonly #producer: ReconnectingClient<Producer>
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #loop: Promise<void>

  constructor(options: LoadOptions) {
    this.#options = options
    const create = () =>
      options.kafka.client((own): Producer => {
        // kafkajs refuses an idempotent producer without retries.
        const settings = { allowAutoTopicCreation: false, idempotent: true, retry: { retries: 1 } }
        return own.producer(settings)
      })
    // After a failure Kafka may hold the batch. The same producer would use its sequence numbers for another batch.
    this.#producer = new ReconnectingClient(create, callTimeoutMs, () => true)
    this.#loop = this.#run()
  }

  /**
   * Stops. Resolves when everything that was sent is acknowledged, or when the timeout has passed.
   *
   * @returns a sentence if messages were not acknowledged
   */
  async stop(timeoutSeconds: number): Promise<string[]> {
    this.#stop.abort()
    const limit = setTimeout(() => {
      this.#giveUp.abort()
    }, timeoutSeconds * 1000)
    await this.#loop
    clearTimeout(limit)
    if (!this.#giveUp.signal.aborted) return []
    return [`not all messages were acknowledged within ${timeoutSeconds} s after the last one`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort()
    await this.#producer[Symbol.asyncDispose]()
    await this.stop(0)
  }

  async #run(): Promise<void> {
    const { rate } = this.#options
    const { signal } = this.#stop
    let sentUntil = Date.now()
    for (;;) {
      await sleep(sendIntervalMs, signal)
      if (signal.aborted) return
      sentUntil = Math.max(sentUntil, Date.now() - maxLatenessMs)
      const count = Math.floor(((Date.now() - sentUntil) * rate) / 1000)
      if (count > 0) await this.#send(count)
      sentUntil += (count * 1000) / rate
    }
  }

  /** Sends new messages again and again until they are acknowledged. */
  async #send(count: number): Promise<void> {
    const { account, random } = this.#options
    const numbers: number[] = []
    const messages: Message[] = []
    for (let index = 0; index < count; index += 1) {
      const kind = drawKind(random)
      const number = account.add(kind)
      const unit = account.unitOf(number)
      const message = { key: unit, value: valueOf(unit, kind), headers: { id: unit } }
      numbers.push(number)
      messages.push(message)
      if (drawIsTwice(random)) messages.push(message)
    }
    while (!(await this.#attempt(messages))) {
      account.refused += count
      if (this.#giveUp.signal.aborted) return
      await sleep(retryMs, this.#giveUp.signal)
    }
    for (const number of numbers) account.acknowledge(number)
  }

  /** @returns whether Kafka has acknowledged all messages */
  async #attempt(messages: Message[]): Promise<boolean> {
    try {
      await this.#producer.use((producer) => producer.send({ topic, acks: -1, messages }))
      return true
    } catch {
      return false
    }
  }
}
