import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { KafkaRecordAppender } from '../../../services/adapters/kafka/writing/record-appender.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import type { OutgoingRecord } from '../../../services/telemetry/store-interfaces.ts'
import type { WorkloadPlatform } from '../platform.ts'
import { numberedRecord } from './numbered-readings.ts'

/** Records per send. */
const recordsPerSend = 3_000

export type Fill = {
  /** Number of the first reading. */
  readonly first: number
  readonly count: number
  /** When reading 0 was recorded, in microseconds. */
  readonly begin: number
  /** Changes a record before it is sent. */
  readonly change?: (record: OutgoingRecord, index: number) => OutgoingRecord
}

/** Appends numbered readings to the topic of a platform, as its producer does. */
export async function fillTopic(
  { config, kafka }: Pick<WorkloadPlatform, 'config' | 'kafka'>,
  { first, count, begin, change = (record) => record }: Fill,
  signal: AbortSignal,
): Promise<void> {
  const silent = createLogger('bench', 'silent')
  await using log = new KafkaRecordAppender(createKafka(kafka, 'av-telemetry-bench', silent), {
    topic: kafka.topic,
    logger: silent,
  })
  await log.connect()
  log.setPartitions(config.kafka.partitions)
  for (let at = first; at < first + count; at += recordsPerSend) {
    signal.throwIfAborted()
    const size = Math.min(recordsPerSend, first + count - at)
    const records = Array.from({ length: size }, (_, index) =>
      change(numberedRecord(at + index, begin), at + index),
    )
    const places = await log.append(records)
    if (places.includes(undefined)) throw new Error('Kafka did not acknowledge every record')
  }
}
