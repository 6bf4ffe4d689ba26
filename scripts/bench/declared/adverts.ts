import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { KafkaRecordAppender } from '../../../services/adapters/kafka/writing/record-appender.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import type { BenchPlatform } from '../bench-platform.ts'

/** The records of the benchmarks of declared pipelines: adverts of vehicles. */

/** The pipeline and its table. */
export const adverts = { pipeline: 'adverts', relation: 'data.adverts' } as const

type Declared = {
  readonly name: string
  readonly topic: string
  /** Lines of `[to.table]` after its name. */
  readonly table: string
  /** The line `batch = …`, or an empty text. */
  readonly batch?: string
}

/** The declaration of a pipeline that stores adverts. */
export const declarationOf = ({ name, topic, table, batch = '' }: Declared): string => `
name = "${name}"
from.topic = "${topic}"
${batch}
[map]
columns = [
  { name = "id", type = "text" },
  { name = "created_at", type = "timestamp" },
  { name = "price", type = "numeric(12,3)", default = 0 },
  { name = "mileage", type = "integer" },
  { name = "sold", type = "boolean" },
  { name = "title", type = "text", max_length = 200 },
]
[to.table]
name = "${name}"
${table}
`

/** The key of an advert: texts that sort like their numbers. */
const advertId = (number: number): string => `ad-${String(number).padStart(12, '0')}`

const firstMs = Date.UTC(2026, 0, 1)

/** @param version counts the changes of all adverts; it decides values and time */
export function anAdvert(number: number, version: number): string {
  return JSON.stringify({
    id: advertId(number),
    created_at: new Date(firstMs + version).toISOString(),
    price: ((version * 7_919) % 9_000_000) / 100,
    mileage: (version * 104_729) % 300_000,
    sold: version % 7 === 0,
    title: `Estate car, second owner, ${version % 100_000} photos`,
  })
}

const recordsPerSend = 3_000

/** Appends records to a topic, which it creates with the partitions of the configuration. */
export async function fillWithAdverts(
  platform: BenchPlatform,
  fill: {
    readonly topic: string
    readonly count: number
    readonly advertOf: (index: number) => string
  },
  signal: AbortSignal,
): Promise<void> {
  const { topic, count, advertOf } = fill
  const logger = createLogger('bench', 'silent')
  const kafka = createKafka(platform.kafka, 'av-telemetry-bench', logger)
  await using admin = new TopicAdmin(kafka, topic)
  await admin.createWithDefaults(1)
  await using log = new KafkaRecordAppender(kafka, { topic, logger })
  await log.connect()
  log.setPartitions(platform.config.kafka.partitions)
  for (let at = 0; at < count; at += recordsPerSend) {
    signal.throwIfAborted()
    const size = Math.min(recordsPerSend, count - at)
    const records = Array.from({ length: size }, (_, index) => {
      return { key: String(at + index), value: advertOf(at + index), headers: {} }
    })
    const places = await log.append(records)
    if (places.includes(undefined)) throw new Error('Kafka did not acknowledge every record')
  }
}
