import { randomUUID } from 'node:crypto'
import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { CompactedTopic } from '../adapters/kafka/compacted/compacted-topic.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { TopicSettings } from '../adapters/kafka/topic-settings.ts'
import { KafkaRecordAppender } from '../adapters/kafka/writing/record-appender.ts'
import type { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import type { Logger } from '../runtime/logger.ts'
import type { KeyAndValue } from '../telemetry/devices/device.ts'
import { encodeDevice, encodeMarker } from '../telemetry/devices/device.ts'
import { DeviceRegistry } from '../telemetry/devices/device-registry.ts'
import { configureTopic } from './configure-topic.ts'

type Options = {
  readonly topic: string
  readonly settings: Omit<TopicSettings, 'partitions' | 'retentionHours'>
  readonly admin: TopicAdmin
  readonly kafka: ClosableKafka
  readonly store: PostgresDeviceStore
  readonly logger: Logger
  readonly signal: AbortSignal
}

const partitions = 1
const batchSize = 1_000

/**
 * Creates or configures the topic of devices. If it has no marker, it is new, or its data were lost: then it is
 * filled with the devices in Postgres, and gets the marker.
 */
export async function provisionDevices(options: Options): Promise<void> {
  const { admin } = options
  const settings = { ...options.settings, partitions, retentionHours: undefined }
  const kind = { kind: 'compacted' } as const
  if (await admin.exists()) await configureTopic({ ...options, settings, partitions, kind })
  else await admin.create(settings, kind)
  const topicId = await admin.topicId()
  const registry = await options.store.registry()
  if (topicId !== undefined && topicId === registry.topicId) return
  const marker = (await readRegistry(options)).marker ?? (await fill(options))
  const { registryId, acceptsUnknown } = marker
  await options.store.setRegistry({ registryId, topicId, acceptsUnknown })
}

async function readRegistry({ kafka, topic }: Options): Promise<DeviceRegistry> {
  await using reader = new CompactedTopic(kafka, topic)
  const registry = new DeviceRegistry()
  for (let offset = 0; registry.marker === undefined;) {
    const { records, nextOffset, endOffset } = await reader.fetch(offset)
    for (const { key, value } of records) registry.apply(key, value)
    if (nextOffset >= endOffset) break
    offset = nextOffset
  }
  return registry
}

/** Appends all devices, then the marker. It may run again after it was interrupted: equal records are void. */
async function fill({ kafka, topic, store, logger }: Options) {
  await using appender = new KafkaRecordAppender(kafka, { topic, logger })
  appender.setPartitions(partitions)
  let count = 0
  for (let after = ''; ;) {
    const devices = await store.list(after, batchSize)
    await append(appender, devices.map(encodeDevice))
    count += devices.length
    const last = devices.at(-1)
    if (last === undefined) break
    after = last.vin
  }
  const { acceptsUnknown } = await store.registry()
  const marker = { registryId: randomUUID(), count, acceptsUnknown }
  await append(appender, [encodeMarker(marker)])
  logger.info({ devices: count, registry: marker.registryId }, 'devices-written')
  return marker
}

async function append(
  appender: KafkaRecordAppender,
  records: readonly KeyAndValue[],
): Promise<void> {
  if (records.length === 0) return
  const appended = await appender.append(records.map((record) => ({ ...record, headers: {} })))
  if (appended.includes(undefined))
    throw new Error('Kafka has not acknowledged all devices of the registry.')
}
