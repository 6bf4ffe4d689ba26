import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { ForwardedRecord } from '../adapters/kafka/writing/record-forwarder.ts'
import { RecordForwarder } from '../adapters/kafka/writing/record-forwarder.ts'
import type { SentMessages } from '../adapters/postgres/tasks/outbox-store.ts'
import type { OutboxMessage } from '../ledger/tasks/messages.ts'
import { Resources } from '../runtime/resources.ts'
import type { OutboxDestination, OutgoingTopic } from './outbox-relay.ts'

/** At these limits the refused messages are stored, because a transaction may last at most a minute. */
const sendLimits = { maxRefusals: 10, maxMs: 20_000 }

/**
 * Kafka, to which messages are sent with `acks=all`.
 *
 * @param minInsyncReplicas of topics that are created: brokers that must have a message before it is acknowledged
 */
export const kafkaOutbox = (
  kafka: ClosableKafka,
  minInsyncReplicas: number,
): OutboxDestination => ({
  // The name of a topic of Kafka has no colon.
  has: (topic) => !topic.includes(':'),
  open: (topic) => new KafkaTopic(kafka, topic, minInsyncReplicas),
  events: { failed: 'outbox-send-failed', recovered: 'outbox-send-recovered' },
})

/** A topic that messages are sent to. It is created if it does not exist. */
class KafkaTopic implements OutgoingTopic {
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
