import { S3Store } from '../adapters/objects/s3-store.ts'
import { isLeaderMissing } from '../adapters/kafka/client.ts'
import { accessFaultOf } from '../adapters/kafka/connection/access-fault.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { checkServer } from '../adapters/postgres/external/check-server.ts'
import {
  guardSteps,
  prepareServer,
  requireRights,
  ServerRightsError,
} from '../adapters/postgres/external/prepare-server.ts'
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
import { settingScopes } from '../pipelines/settings/settings.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { Resources } from '../runtime/resources.ts'
import { retryForever } from '../runtime/retry.ts'
import { readingTable } from '../telemetry/reading/reading-table.ts'
import type { ProvisionConfig } from './config.ts'
import { provisionTopics } from './provision-topics.ts'
import { TopicError } from './external/topic-differences.ts'

/** The database that exists on every server. */
const maintenanceDatabase = 'postgres'
const leaderAdvice =
  'A partition has no leader, because no in-sync broker is available. Start all previous brokers with their data.'

/**
 * Creates or updates the database and the topic according to the configuration. It may run
 * repeatedly and several times at once. Waits for Postgres and Kafka without a limit.
 *
 * @throws TableNameError; PrimaryKeyError; ServerRightsError; TopicError; an error of Postgres about a statement
 *   (SQLSTATE class 42); the last error when the signal aborts
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
      logger.warn({ ...errorFields(error), ...adviceFor(error), pause }, 'provision-waits')
    },
  })
}

function adviceFor(error: unknown): { readonly advice?: string } {
  if (isLeaderMissing(error)) return { advice: leaderAdvice }
  const fault = accessFaultOf(error)
  return fault === undefined ? {} : { advice: `Mend this first: ${fault}.` }
}

/** Whether a retry cannot help. */
function isMistake(error: unknown): boolean {
  if (error instanceof TableNameError || error instanceof PrimaryKeyError) return true
  if (error instanceof ServerRightsError || error instanceof TopicError) return true
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
  if (config.external === undefined)
    await ensureDatabase(open(maintenanceDatabase), config.postgres.database)
  else await prepareExternal(config, open(config.postgres.database))
  const pool = open(config.postgres.database)
  await withProvisionLock(pool, async (client) => {
    if (config.external === undefined) await ensureRoles(client, config.passwords)
    const applied = await migrate(client, table, signal)
    if (applied.length > 0) logger.info({ applied }, 'migrations-applied')
    if (config.external !== undefined) await guardSteps(client)
    await checkPrimaryKey(client, readingTable(table))
    await updateLatestPositionView(client, table)
    await commentColumns(client, readingTable(table), [latestPosition])
    await replaceSettingChecks(client, settingScopes)
    await setFileStatusCopy(client, config.copiesFileStatus)
    await provisionTopics(config, { pool, logger, signal })
  })
  logger.info('provisioned')
}

/**
 * Checks a server of the user, and makes what the services need there. Connections that are opened later get the
 * settings of its database.
 *
 * @throws ServerRightsError if something is missing; nothing was made
 */
async function prepareExternal(config: ProvisionConfig, pool: Pool): Promise<void> {
  const { postgres, passwords } = config
  const isGiven = config.external?.rolesAreGiven === true
  const { findings } = await checkServer({
    postgres,
    givenPasswords: isGiven ? passwords : undefined,
  })
  requireRights(findings)
  await withProvisionLock(pool, (client) =>
    prepareServer(client, {
      database: postgres.database,
      passwords: isGiven ? undefined : passwords,
    }),
  )
}
