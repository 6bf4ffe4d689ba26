import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { TopicSettings } from '../adapters/kafka/topic-settings.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { sleep } from '../runtime/retry.ts'
import type { LedgerPosition } from '../ledger/ledger.ts'
import { newLogReason } from '../ledger/log-identity.ts'
import { configureTopic } from './configure-topic.ts'

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
  const kind = { kind: 'log', logTag: await determineLogId(options) } as const
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

/**
 * A broker that has just restarted may report too few records for a moment. A known log has ended
 * only if this many checks in a row, one second apart, find a different log.
 */
const checksBeforeNewLog = 6

/** The log id of the existing topic. If it is not the known log, a new log is registered. */
async function determineLogId({ topic, admin, ledgers, logger }: Options): Promise<number> {
  for (let check = 1; ; check += 1) {
    const current = await ledgers.currentLog(topic)
    const state = await admin.state()
    const known = current && { ...current, positions: await positionsOf(current.id, ledgers) }
    const reason = newLogReason(known, state)
    if (known && reason === undefined) return known.id
    if (known === undefined || check >= checksBeforeNewLog) {
      const after = known?.id
      const begun = { clusterId: state.clusterId, reason: reason ?? '', after }
      const { id } = await ledgers.beginLog(topic, begun)
      logNewLog(logger, { id, after, reason: begun.reason })
      return id
    }
    await sleep(1_000)
  }
}

async function positionsOf(
  logId: number,
  ledgers: PostgresLedgerStore,
): Promise<Map<number, LedgerPosition>> {
  const ofLog = (await ledgers.ledgers()).filter((ledger) => ledger.logId === logId)
  // Provisioning reads no records. The consumers check whether the last ones exist.
  return new Map(
    ofLog.map(({ partition, nextOffset }) => [partition, { nextOffset, lastRecord: undefined }]),
  )
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

/** Logs the first log of a database as info, and every later one as an error. */
function logNewLog(
  logger: Logger,
  begun: { id: number; after: number | undefined; reason: string },
): void {
  if (begun.after === undefined) logger.info(begun, 'log-begun')
  else logger.error(begun, 'new-log-begun')
}
