import { randomUUID } from 'node:crypto'
import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { CompactedTopic } from '../adapters/kafka/compacted/compacted-topic.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { TopicSettings } from '../adapters/kafka/topic-settings.ts'
import { KafkaRecordAppender } from '../adapters/kafka/writing/record-appender.ts'
import type { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import type { Logger } from '../runtime/logger.ts'
import type { KeyAndValue, RegistryMarker } from '../telemetry/devices/device.ts'
import { encodeDevice, encodeMarker } from '../telemetry/devices/device.ts'
import { DeviceRegistry } from '../telemetry/devices/device-registry.ts'
import { configureTopic } from './configure-topic.ts'
import { ensureExternalDevices } from './external/external-topic.ts'

type Options = {
  readonly topic: string
  readonly settings: Omit<TopicSettings, 'partitions' | 'retentionHours'>
  readonly admin: TopicAdmin
  /** Whether it is a topic of an existing Kafka, which keeps its settings. */
  readonly isExternal: boolean
  readonly kafka: ClosableKafka
  readonly store: PostgresDeviceStore
  readonly logger: Logger
  readonly signal: AbortSignal
}

const partitions = 1
/** A batch of the largest devices is below the limit of 1 MiB of the brokers. */
const batchSize = 250

/**
 * Creates or configures the topic of devices. Devices that are in Postgres, but not in the topic, are appended: all
 * of them if the topic is new, and those that Kafka has lost, for example in a power cut. A revoked token would be
 * valid again without its last record.
 */
export async function provisionDevices(options: Options): Promise<void> {
  const { admin, store } = options
  // There are few records, and a lost one may be a revoked token.
  const settings = {
    ...options.settings,
    partitions,
    retentionHours: undefined,
    flushEachBatch: true,
  }
  const isNew = options.isExternal
    ? await ensureExternalDevices({ ...options, settings: withFlush(settings, options.settings) })
    : await ensureTopic({ ...options, settings })
  const topicId = await admin.topicId()
  const registry = isNew ? new DeviceRegistry() : await readRegistry(options)
  const { registryId, acceptsUnknown } = await complete(registry, options)
  await store.setRegistry({ registryId, topicId, acceptsUnknown })
}

/** Managed servers may refuse the setting, so it is as in the configuration. */
const withFlush = (
  settings: TopicSettings,
  { flushEachBatch }: Options['settings'],
): TopicSettings => ({ ...settings, flushEachBatch })

/** @returns whether it was created */
async function ensureTopic(
  options: Omit<Options, 'settings'> & { readonly settings: TopicSettings },
): Promise<boolean> {
  const { admin, topic, settings } = options
  const kind = { kind: 'compacted' } as const
  if (await admin.exists()) {
    await configureTopic({ ...options, partitions, kind })
    return false
  }
  if (!(await admin.create(settings, kind)))
    throw new Error(`The topic ${topic} exists but is not visible yet, or is being deleted.`)
  return true
}

/** Reads the topic to its end. */
async function readRegistry({ kafka, topic }: Options): Promise<DeviceRegistry> {
  await using reader = new CompactedTopic(kafka, topic)
  const registry = new DeviceRegistry()
  for (let offset = 0; ;) {
    const { records, nextOffset, endOffset } = await reader.fetch(offset)
    for (const { key, value } of records) registry.apply(key, value)
    if (nextOffset >= endOffset) return registry
    offset = nextOffset
  }
}

/**
 * Appends the devices that are later in Postgres than in the topic, then a marker, unless the topic is complete. It
 * may run again after it was interrupted.
 */
async function complete(registry: DeviceRegistry, options: Options): Promise<RegistryMarker> {
  const { kafka, topic, store, logger } = options
  await using appender = new KafkaRecordAppender(kafka, { topic, logger })
  appender.setPartitions(partitions)
  let written = 0
  for (let after = ''; ;) {
    const devices = await store.list(after, batchSize)
    const last = devices.at(-1)
    if (last === undefined) break
    after = last.vin
    const missing = devices
      .filter(({ vin, revision }) => revision > (registry.record(vin)?.revision ?? 0))
      .map(encodeDevice)
    await append(appender, missing)
    for (const { key, value } of missing) registry.apply(key, value)
    written += missing.length
  }
  if (registry.marker !== undefined && registry.isComplete && written === 0) return registry.marker
  const { acceptsUnknown } = registry.marker ?? (await store.registry())
  const registryId = registry.marker?.registryId ?? randomUUID()
  const marker = { registryId, count: registry.size, acceptsUnknown }
  await append(appender, [encodeMarker(marker)])
  logger.info({ devices: written, registry: registryId }, 'devices-written')
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
