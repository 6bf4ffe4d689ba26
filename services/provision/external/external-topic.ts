import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { TopicKind, TopicSettings } from '../../adapters/kafka/topic-settings.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { ObservedTopic } from '../../ledger/log-identity.ts'
import { untaggedLogIdentity } from '../../ledger/log-identity.ts'
import type { Logger } from '../../runtime/logger.ts'
import { determineLog } from '../log-of-topic.ts'
import { differencesOf, requireCleanup, TopicError } from './topic-differences.ts'

type TopicOptions = {
  readonly topic: string
  readonly settings: TopicSettings
  readonly admin: TopicAdmin
  readonly logger: Logger
}

/**
 * Creates the topic of the readings at an existing Kafka, or takes it as it is, and registers its log in the
 * database. A topic that exists keeps its settings. Each difference is logged with what it means.
 *
 * @throws TopicError if the topic cannot be used
 */
export async function provisionExternalTopic(
  options: TopicOptions & { readonly ledgers: PostgresLedgerStore },
): Promise<void> {
  const { topic, settings, admin, ledgers, logger } = options
  await ensureTopic(options, { kind: 'untagged' })
  const facts = await admin.facts()
  for (const each of differencesOf(topic, facts, settings))
    logger.warn({ topic, ...each }, 'topic-differs')
  if (facts.settings === undefined) logger.warn({ topic, advice: unknownAdvice }, 'topic-differs')
  const observe = () => observeTopic(topic, admin)
  const log = await determineLog({ topic, identity: untaggedLogIdentity, observe, ledgers, logger })
  const { topicId } = await observe()
  if (log.topicId === undefined && topicId !== undefined) await ledgers.setTopicId(log.id, topicId)
}

/**
 * Creates the topic of devices at an existing Kafka, or takes it as it is.
 *
 * @returns whether it was created
 * @throws TopicError if it is not compacted
 */
export async function ensureExternalDevices(options: TopicOptions): Promise<boolean> {
  const isNew = await ensureTopic(options, { kind: 'untagged-compacted' })
  const { settings } = await options.admin.facts()
  requireCleanup(options.topic, settings?.get('cleanup.policy'), 'compact')
  return isNew
}

const unknownAdvice =
  'Kafka denies the right to read the settings of the topic (DescribeConfigs), so it is not known how long it keeps records and how many brokers have them.'

async function ensureTopic(
  { topic, settings, admin, logger }: TopicOptions,
  kind: TopicKind,
): Promise<boolean> {
  if (await admin.exists()) return false
  if (!(await admin.create(settings, kind)))
    throw new Error(`The topic ${topic} exists but is not visible yet, or is being deleted.`)
  logger.info({ topic, partitions: settings.partitions }, 'topic-created')
  return true
}

/** The id is read first: if the topic is created again in between, the next check finds another id. */
async function observeTopic(topic: string, admin: TopicAdmin): Promise<ObservedTopic> {
  const topicId = await admin.topicId()
  if (topicId === undefined)
    throw new TopicError(
      `Kafka gives no id to the topic ${topic}. The platform needs it to know whether a topic was created again. Use Kafka 2.8 or later.`,
    )
  const [clusterId, ranges] = await Promise.all([admin.clusterId(), admin.ranges()])
  return { clusterId, ranges, topicId, logTag: undefined }
}
