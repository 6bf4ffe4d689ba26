import type { KafkaMessage } from 'kafkajs'
import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import type { Place } from '../read-range.ts'
import { readRange } from '../read-range.ts'
import type { Account } from './account.ts'
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

/** Reads the records of a run. */
export async function readTopic(
  kafka: ClosableKafka,
  range: TopicRange,
  account: Account,
): Promise<TopicContent> {
  const content = new FoundContent(account)
  await readRange(kafka, { topic, ...range }, (message, place) => {
    content.add(message, place)
  })
  return content
}

class FoundContent implements TopicContent {
  readonly records: TopicRecord[] = []
  altered = 0
  readonly #account: Account

  constructor(account: Account) {
    this.#account = account
  }

  add({ headers, value }: KafkaMessage, place: Place): void {
    const [run, number] = String(headers?.[unitHeader] ?? '').split('.')
    if (run !== this.#account.run) return
    const unit = Number(number)
    const content = this.#account.contentOf(unit)
    if (content !== undefined && isSame(value, valueOf(run, content)))
      this.records.push({ ...place, unit, content })
    else this.altered += 1
  }
}

function isSame(found: Buffer | null, sent: string | Buffer | null): boolean {
  if (found === null || sent === null) return found === sent
  return found.equals(Buffer.from(sent))
}
