import { S3Store } from '../adapters/objects/s3-store.ts'
import { createKafka, isLeaderMissing } from '../adapters/kafka/client.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import {
  commentColumns,
  ensureDatabase,
  ensureRoles,
  migrate,
  TableNameError,
  withProvisionLock,
} from '../adapters/postgres/driver/migrate.ts'
import { setFileStatusCopy } from '../adapters/postgres/files/file-statuses.ts'
import {
  latestPosition,
  updateLatestPositionView,
} from '../adapters/postgres/readings/latest-position-view.ts'
import { replaceSettingChecks } from '../adapters/postgres/settings/setting-checks.ts'
import { checkPrimaryKey, PrimaryKeyError } from '../adapters/postgres/tables/check-primary-key.ts'
import { devicesTopicOf } from '../devices/devices-topic.ts'
import { settingScopes } from '../pipelines/settings/settings.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { Resources } from '../runtime/resources.ts'
import { retryForever } from '../runtime/retry.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import { readingTable } from '../telemetry/reading/reading-table.ts'
import type { ProvisionConfig } from './config.ts'
import { replicateInternalTopics } from './replicate-internal-topics.ts'
import { provisionDevices } from './provision-devices.ts'
import { provisionTopic } from './provision-topic.ts'

/** The database that exists on every server. */
const maintenanceDatabase = 'postgres'
const leaderAdvice =
  'A partition has no leader, because no in-sync broker is available. Start all previous brokers with their data.'

/**
 * Creates or updates the database and the topic according to the configuration. It may run
 * repeatedly and several times at once. Waits for Postgres and Kafka without a limit.
 *
 * @throws TableNameError; PrimaryKeyError; an error of Postgres about a statement (SQLSTATE class 42); the last error
 *   when the signal aborts
 */
export async function provision(
  config: ProvisionConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  await retryForever(() => provisionOnce(config, logger, signal), {
    firstMs: 200,
    maxMs: 3_000,
    signal,
    isOutage: (error) => !isMistake(error),
    onFailure: (error, pause) => {
      const advice = isLeaderMissing(error) ? { advice: leaderAdvice } : {}
      logger.warn({ ...errorFields(error), ...advice, pause }, 'provision-waits')
    },
  })
}

/** Whether a retry cannot help. */
function isMistake(error: unknown): boolean {
  if (error instanceof TableNameError || error instanceof PrimaryKeyError) return true
  return isStatementError(error)
}

/** Whether Postgres refuses a statement (SQLSTATE class 42), e.g. for a missing column or a missing right. */
function isStatementError(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^42[0-9A-Z]{3}$/.test(code)
}

async function provisionOnce(
  config: ProvisionConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { table } = config.postgres
  if (config.bucket?.kind === 's3') await new S3Store(config.bucket).makeBucket()
  await using resources = new Resources()
  const options = { applicationName: 'av-telemetry provision', maxConnections: 2, logger }
  const open = (database: string) =>
    resources.adopt(createPool({ ...config.postgres, database }, options), (pool) => pool.end())
  await ensureDatabase(open(maintenanceDatabase), config.postgres.database)
  const pool = open(config.postgres.database)
  const kafka = createKafka(config.kafka, 'av-telemetry-provision', logger)
  const adminOf = (topic: string) => resources.use(new TopicAdmin(kafka, topic))
  await withProvisionLock(pool, async (client) => {
    await ensureRoles(client, config.passwords)
    const applied = await migrate(client, table, signal)
    if (applied.length > 0) logger.info({ applied }, 'migrations-applied')
    await checkPrimaryKey(client, readingTable(table))
    await updateLatestPositionView(client, table)
    await commentColumns(client, readingTable(table), [latestPosition])
    await replaceSettingChecks(client, settingScopes)
    await setFileStatusCopy(client, config.copiesFileStatus)
    const { topic, brokers } = config.kafka
    const admin = adminOf(topic)
    const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
    await provisionTopic({ topic, settings: config.topic, admin, ledgers, logger, signal })
    const devicesTopic = devicesTopicOf(topic)
    await provisionDevices({
      ...{ topic: devicesTopic, admin: adminOf(devicesTopic), settings: config.topic },
      ...{ kafka, store: new PostgresDeviceStore(pool), logger, signal },
    })
    if (config.workerLogin !== undefined) await admin.setLogin(config.workerLogin)
    await replicateInternalTopics({ adminOf, brokers: brokers.length, logger, signal })
  })
  logger.info('provisioned')
}
