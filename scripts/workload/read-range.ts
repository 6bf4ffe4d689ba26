import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { sleep } from '../../services/runtime/retry.ts'

/** A part of a topic. Offsets by partition; `to` is exclusive. */
export type TopicRange = {
  readonly topic: string
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Where a record is in its topic. */
export type Place = { readonly partition: number; readonly offset: number }

type Take = (message: KafkaMessage, place: Place) => void

const pollMs = 100
const timeoutMs = 300_000

/**
 * Reads a part of a topic with a separate consumer group. Each record is passed once, in the order of
 * the offsets of its partition.
 *
 * @throws Error if the part was not read within five minutes
 */
export async function readRange(
  kafka: ClosableKafka,
  range: TopicRange,
  take: Take,
): Promise<void> {
  const { topic } = range
  if (range.to.every((end, partition) => end === (range.from[partition] ?? 0))) return
  const group = `av-telemetry-verify-${topic}-${Date.now()}`
  const client = kafka.client((own): Consumer => own.consumer({ groupId: group }))
  const reading = new Reading(range, take)
  try {
    await client.connect()
    await client.subscribe({ topic, fromBeginning: true })
    await client.run({ autoCommit: false, eachBatch: (payload) => reading.take(payload) })
    for (const [partition, offset] of range.from.entries())
      client.seek({ topic, partition, offset: String(offset) })
    await reading.untilComplete()
  } finally {
    await client.disconnect().catch(() => undefined)
    client.close()
  }
}

class Reading {
  readonly #range: TopicRange
  readonly #take: Take
  readonly #next: number[]

  constructor(range: TopicRange, take: Take) {
    this.#range = range
    this.#take = take
    this.#next = [...range.from]
  }

  take({ batch }: EachBatchPayload): Promise<void> {
    const { partition } = batch
    const end = this.#range.to[partition] ?? 0
    for (const message of batch.messages) {
      const offset = Number(message.offset)
      // Before the seek takes effect, a batch may begin elsewhere.
      if (offset < (this.#next[partition] ?? 0) || offset >= end) continue
      this.#next[partition] = offset + 1
      this.#take(message, { partition, offset })
    }
    return Promise.resolve()
  }

  async untilComplete(): Promise<void> {
    const deadline = Date.now() + timeoutMs
    const isComplete = (): boolean =>
      this.#range.to.every((end, partition) => (this.#next[partition] ?? 0) >= end)
    while (!isComplete()) {
      if (Date.now() > deadline)
        throw new Error(`The topic ${this.#range.topic} was not read within ${timeoutMs / 1000} s.`)
      await sleep(pollMs)
    }
  }
}
