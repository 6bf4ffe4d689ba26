import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { Account, Place } from './account.ts'
import type { Content } from './content.ts'
import { valueOf } from './content.ts'
import { unitHeader } from './load.ts'
import { topic } from './pipelines.ts'

/** A record of the run that the topic holds. */
export type TopicRecord = Place & { readonly unit: number; readonly content: Content }

/** What the topic holds between two offsets of each partition. */
export type TopicContent = {
  /** The records of the run, in the order of the offsets of each partition. */
  readonly records: readonly TopicRecord[]
  /** Records that say they are of the run, but have another content than the sent one. */
  readonly altered: number
}

/** Offsets by partition. `to` is exclusive. */
export type TopicRange = { readonly from: readonly number[]; readonly to: readonly number[] }

const pollMs = 100
const timeoutMs = 300_000

/**
 * Reads the topic with a separate consumer group.
 *
 * @throws Error if the topic was not read within five minutes
 */
export async function readTopic(
  kafka: ClosableKafka,
  range: TopicRange,
  account: Account,
): Promise<TopicContent> {
  const group = `av-telemetry-verify-${account.run}-${Date.now()}`
  const client = kafka.client((own): Consumer => own.consumer({ groupId: group }))
  const reading = new Reading(range, account)
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
  return reading
}

class Reading implements TopicContent {
  readonly records: TopicRecord[] = []
  altered = 0
  readonly #range: TopicRange
  readonly #account: Account
  readonly #next: number[]

  constructor(range: TopicRange, account: Account) {
    this.#range = range
    this.#account = account
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
      this.#add(message, { partition, offset })
    }
    return Promise.resolve()
  }

  #add({ headers, value }: KafkaMessage, place: Place): void {
    const [run, number] = String(headers?.[unitHeader] ?? '').split('.')
    if (run !== this.#account.run) return
    const unit = Number(number)
    const content = this.#account.contentOf(unit)
    if (content !== undefined && isSame(value, valueOf(run, content)))
      this.records.push({ ...place, unit, content })
    else this.altered += 1
  }

  async untilComplete(): Promise<void> {
    const deadline = Date.now() + timeoutMs
    const isComplete = (): boolean =>
      this.#range.to.every((end, partition) => (this.#next[partition] ?? 0) >= end)
    while (!isComplete()) {
      if (Date.now() > deadline)
        throw new Error(`The topic ${topic} was not read within ${timeoutMs / 1000} s.`)
      await sleep(pollMs)
    }
  }
}

function isSame(found: Buffer | null, sent: string | Buffer | null): boolean {
  if (found === null || sent === null) return found === sent
  return found.equals(Buffer.from(sent))
}
