import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { TopicSettings } from '../adapters/kafka/topic-settings.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { newLogReason } from '../ledger/log-identity.ts'
import { configureTopic } from './configure-topic.ts'
import { determineLog, logNewLog } from './log-of-topic.ts'

type Options = {
  readonly topic: string
  readonly settings: TopicSettings
  readonly admin: TopicAdmin
  readonly ledgers: PostgresLedgerStore
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Creates or configures the topic, and registers its log in the database. A new log is registered
 * before the topic is created, so that every record belongs to a log with an id.
 */
export async function provisionTopic(options: Options): Promise<void> {
  if (!(await options.admin.exists())) {
    await createTopic(options)
    return
  }
  const partitions = await growPartitions(options)
  const { topic, admin, ledgers, logger } = options
  const observe = () => admin.state()
  const log = await determineLog({ topic, identity: { newLogReason }, observe, ledgers, logger })
  const kind = { kind: 'log', logTag: log.id } as const
  await configureTopic({ ...options, partitions, kind })
}

/**
 * A broker that has just started may not know the topics yet. Only the controller knows whether the
 * topic is missing: it refuses to create a topic that exists.
 */
async function createTopic({ topic, settings, admin, ledgers, logger }: Options): Promise<void> {
  const clusterId = await admin.clusterId()
  const after = (await ledgers.currentLog(topic))?.id
  const reason = 'the topic was created'
  const { id } = await ledgers.beginLog(topic, { clusterId, reason, after })
  const isCreated = await admin
    .create(settings, { kind: 'log', logTag: id })
    .catch(async (error: unknown) => {
      await ledgers.dropUnusedLog(id)
      throw error
    })
  if (!isCreated) {
    await ledgers.dropUnusedLog(id)
    throw new Error(`The topic ${topic} exists but is not visible yet, or is being deleted.`)
  }
  logNewLog(logger, { id, after, reason })
}

/** @returns the number of partitions afterwards */
async function growPartitions({ settings, admin, logger }: Options): Promise<number> {
  const { partitions } = await admin.replicas()
  const [present, target] = [partitions.length, settings.partitions]
  if (present === target) return present
  if (present < target && !partitions.some(({ isMoving }) => isMoving)) {
    await admin.addPartitions(target)
    logger.info({ from: present, to: target }, 'partitions-added')
    return target
  }
  const advice =
    present > target
      ? 'Kafka cannot remove partitions. Set kafka.partitions back, or start with an empty platform.'
      : 'Kafka adds no partitions while it copies replicas. Start again when the copying is done.'
  logger.warn({ present, wanted: target, advice }, 'partitions-kept')
  return present
}
