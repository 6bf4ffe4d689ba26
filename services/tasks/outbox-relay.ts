import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { ForwardedRecord } from '../adapters/kafka/writing/record-forwarder.ts'
import { RecordForwarder } from '../adapters/kafka/writing/record-forwarder.ts'
import type {
  OutboxStore,
  RefusedMessage,
  SentMessages,
} from '../adapters/postgres/tasks/outbox-store.ts'
import type { OutboxMessage } from '../ledger/tasks/messages.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import { Resources } from '../runtime/resources.ts'
import type { WakeUp } from '../runtime/wake-up.ts'

type Options = {
  readonly store: OutboxStore
  readonly kafka: ClosableKafka
  /** For topics that the relay creates: brokers that must have a message before it is acknowledged. */
  readonly minInsyncReplicas: number
  /** Called when messages may have been written: the relay then does not wait. */
  readonly wakeUp: WakeUp
  readonly logger: Logger
}

const pauseMs = 1_000
/** At these limits the refused messages are stored, because a transaction may last at most a minute. */
const sendLimits = { maxRefusals: 10, maxMs: 20_000 }

/**
 * Sends the messages of the outbox to Kafka with `acks=all`, and removes them after that. One relay a
 * topic at a time. A message is sent at least once, always with the same header `id`. Without Kafka the
 * messages wait. A message that Kafka refuses for good, e.g. because it is too large for its topic, is
 * moved to the table `refused_message` with the reason. The others are sent.
 */
export class OutboxRelay implements AsyncDisposable {
  readonly #options: Options
  readonly #topics = new Map<string, OutgoingTopic>()
  readonly #end = new AbortController()
  readonly #warnings = new Map<string, WarnOnce>()
  readonly #loop: Promise<void>

  constructor(options: Options) {
    this.#options = options
    const { wakeUp, logger } = options
    const { signal } = this.#end
    const warnings = new WarnOnce(logger, signal)
    const events = { failed: 'outbox-read-failed', recovered: 'outbox-read-recovered' }
    const relayAll = (): Promise<unknown> => warnings.attempt(() => this.#relayAll(), events)
    this.#loop = poll(relayAll, { intervalMs: pauseMs, signal, wakeUp })
  }

  async #relayAll(): Promise<void> {
    for (const topic of await this.#options.store.topics()) {
      const events = { failed: 'outbox-send-failed', recovered: 'outbox-send-recovered' }
      await this.#warningsOf(topic).attempt(() => this.#relay(topic), events)
    }
  }

  #warningsOf(topic: string): WarnOnce {
    const present = this.#warnings.get(topic)
    if (present !== undefined) return present
    const created = new WarnOnce(this.#options.logger, this.#end.signal)
    this.#warnings.set(topic, created)
    return created
  }

  async #relay(topic: string): Promise<void> {
    try {
      let sent: number | undefined
      do {
        sent = await this.#options.store.relay(topic, async (messages) => {
          const result = await this.#outgoing(topic).send(messages)
          for (const each of result.refused) this.#report(each)
          return result
        })
      } while (sent !== undefined && sent > 0 && !this.#end.signal.aborted)
    } catch (error) {
      // The topic may have been created again, with other partitions.
      await this.#close(topic)
      throw new Error(
        `Messages for the topic ${topic} were not sent: ${(error as Error).message}`,
        {
          cause: error,
        },
      )
    }
  }

  #report({ message: { topic, messageId }, reason }: RefusedMessage): void {
    this.#options.logger.error({ topic, message: messageId, error: reason }, 'message-refused')
  }

  #outgoing(topic: string): OutgoingTopic {
    const present = this.#topics.get(topic)
    if (present !== undefined) return present
    const { kafka, minInsyncReplicas } = this.#options
    const created = new OutgoingTopic(kafka, topic, minInsyncReplicas)
    this.#topics.set(topic, created)
    return created
  }

  async #close(topic: string): Promise<void> {
    const present = this.#topics.get(topic)
    this.#topics.delete(topic)
    await present?.[Symbol.asyncDispose]()
  }

  /** Waits for the messages that are being sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
    for (const topic of [...this.#topics.keys()]) await this.#close(topic)
  }
}

/** A topic that messages are sent to. It is created if it does not exist. */
class OutgoingTopic implements AsyncDisposable {
  readonly #kafka: ClosableKafka
  readonly #topic: string
  readonly #minInsyncReplicas: number
  readonly #resources = new Resources()
  #forwarder: RecordForwarder | undefined

  constructor(kafka: ClosableKafka, topic: string, minInsyncReplicas: number) {
    this.#kafka = kafka
    this.#topic = topic
    this.#minInsyncReplicas = minInsyncReplicas
  }

  /** Sends the first messages: all of them, unless Kafka refuses many for good. */
  async send(messages: readonly OutboxMessage[]): Promise<SentMessages> {
    this.#forwarder ??= await this.#open()
    const { settled, refused } = await this.#forwarder.sendAccepted(
      messages.map(toRecord),
      sendLimits,
    )
    return { settled, refused: refused.map(({ record, reason }) => ({ ...record, reason })) }
  }

  async #open(): Promise<RecordForwarder> {
    const admin = this.#resources.use(new TopicAdmin(this.#kafka, this.#topic))
    await admin.createWithDefaults(this.#minInsyncReplicas)
    const ranges = await admin.ranges()
    const options = { topic: this.#topic, partitions: ranges.length }
    return this.#resources.use(new RecordForwarder(this.#kafka, options))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources[Symbol.asyncDispose]()
  }
}

type OutgoingRecord = ForwardedRecord & { readonly message: OutboxMessage }

function toRecord(message: OutboxMessage): OutgoingRecord {
  const { key, value, messageId } = message
  return { key, value: Buffer.from(value), headers: [['id', Buffer.from(messageId)]], message }
}
