import { createKafka } from '../adapters/kafka/client.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { devicesTopicOf } from '../devices/devices-topic.ts'
import type { Logger } from '../runtime/logger.ts'
import { Resources } from '../runtime/resources.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import type { ProvisionConfig } from './config.ts'
import { provisionExternalTopic } from './external/external-topic.ts'
import { replicateInternalTopics } from './replicate-internal-topics.ts'
import { provisionDevices } from './provision-devices.ts'
import { provisionTopic } from './provision-topic.ts'

type Context = {
  readonly pool: Pool
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Creates or updates the topics of the platform. At an existing Kafka nothing else is changed. */
export async function provisionTopics(
  config: ProvisionConfig,
  { pool, logger, signal }: Context,
): Promise<void> {
  const { topic, brokers, isExternal = false } = config.kafka
  await using resources = new Resources()
  const kafka = createKafka(config.kafka, 'av-telemetry-provision', logger)
  const adminOf = (name: string) => resources.use(new TopicAdmin(kafka, name))
  const admin = adminOf(topic)
  const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
  const ofReadings = { topic, settings: config.topic, admin, ledgers, logger, signal }
  await (isExternal ? provisionExternalTopic(ofReadings) : provisionTopic(ofReadings))
  const devicesTopic = devicesTopicOf(topic)
  await provisionDevices({
    ...{ topic: devicesTopic, admin: adminOf(devicesTopic), settings: config.topic, isExternal },
    ...{ kafka, store: new PostgresDeviceStore(pool), logger, signal },
  })
  if (config.workerLogin !== undefined) await admin.setLogin(config.workerLogin)
  if (!isExternal)
    await replicateInternalTopics({ adminOf, brokers: brokers.length, logger, signal })
}
