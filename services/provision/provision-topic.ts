import type { TopicAdmin, TopicSettings } from '../adapters/kafka/topic-admin.ts'
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
 * Makes the topic what the settings say, and its log known to the database. A new log begins in
 * the database before the topic is made, so that no record ever belongs to a log without a number.
 */
export async function provisionTopic(options: Options): Promise<void> {
  if (!(await options.admin.exists())) {
    await createTopic(options)
    return
  }
  const partitions = await growPartitions(options)
  await configureTopic({ ...options, partitions, logTag: await determineLogId(options) })
}

/**
 * A broker that has just started may not know yet what topics there are; whether there is none is
 * said by the controller, when it is asked to create one.
 */
async function createTopic({ topic, settings, admin, ledgers, logger }: Options): Promise<void> {
  const clusterId = await admin.clusterId()
  const after = (await ledgers.currentLog(topic))?.id
  const reason = 'the topic was created'
  const { id } = await ledgers.beginLog(topic, { clusterId, reason, after })
  const isCreated = await admin.create(settings, id).catch(async (error: unknown) => {
    await ledgers.dropUnusedLog(id)
    throw error
  })
  if (!isCreated) {
    await ledgers.dropUnusedLog(id)
    throw new Error(`the topic ${topic} is there, but not to be seen yet, or is being deleted`)
  }
  logNewLog(logger, { id, after, reason })
}

/**
 * A broker that has just come back may for a moment report less than it has: a log that was known
 * has ended only when it says so this many times, a second apart.
 */
const checksBeforeNewLog = 6

/** The number of the log that the present topic is, which begins now where it is none that is known. */
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
  // It reads no records: whether the last ones are there is seen by the consumers.
  return new Map(
    ofLog.map(({ partition, nextOffset }) => [partition, { nextOffset, lastRecord: undefined }]),
  )
}

/** @returns how many partitions there are afterwards */
async function growPartitions({ settings, admin, logger }: Options): Promise<number> {
  const { partitions } = await admin.replicas()
  const [present, wanted] = [partitions.length, settings.partitions]
  if (present === wanted) return present
  if (present < wanted && !partitions.some(({ isMoving }) => isMoving)) {
    await admin.addPartitions(wanted)
    logger.info({ from: present, to: wanted }, 'partitions-added')
    return wanted
  }
  const advice =
    present > wanted
      ? 'Kafka cannot take partitions away: set kafka.partitions back, or start afresh'
      : 'Kafka adds no partitions while it copies replicas: start again when that is done'
  logger.warn({ present, wanted, advice }, 'partitions-kept')
  return present
}

/** The first log of a database is news; one after another is an alarm. */
function logNewLog(
  logger: Logger,
  begun: { id: number; after: number | undefined; reason: string },
): void {
  if (begun.after === undefined) logger.info(begun, 'log-begun')
  else logger.error(begun, 'new-log-begun')
}
