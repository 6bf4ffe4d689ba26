import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'

/** How the worker creates topics. */
export type NewTopics = {
  /** How many brokers must have a record before it is acknowledged. */
  readonly minInsyncReplicas: number
  /** For grouped topics: whether Kafka writes each batch to the disk before it acknowledges it. */
  readonly flushEachBatch: boolean
}

type GroupedTopic = {
  readonly topic: string
  readonly partitions: number
  readonly admin: TopicAdmin
  readonly ledgers: Pick<PostgresLedgerStore, 'currentLog' | 'beginLog'>
}

/** Kafka then uses the default of the brokers. */
const defaultReplicationFactor = -1
/** More than a batch of the source topic has after it was decompressed. */
const maxBatchBytes = 64 * 1024 * 1024

/**
 * Creates a grouped topic, unless it exists. Its records are kept until the worker removes them, so that
 * none is removed before it was read.
 *
 * @returns whether it was created
 * @throws Error if there is such a topic that no worker has created
 */
export async function createGroupedTopic(
  { topic, partitions, admin, ledgers }: GroupedTopic,
  { minInsyncReplicas, flushEachBatch }: NewTopics,
): Promise<boolean> {
  if (await admin.exists()) {
    const { logTag, ranges } = await admin.state()
    if (logTag === undefined)
      throw new Error(
        `The topic ${topic} exists already, and no worker has created it. Delete it, or name the column of group_by differently.`,
      )
    if (ranges.length < partitions) await admin.addPartitions(partitions)
    return false
  }
  const known = await ledgers.currentLog(topic)
  const { id } = await ledgers.beginLog(topic, {
    ...{ clusterId: await admin.clusterId(), reason: 'the topic was created', after: known?.id },
  })
  const replicationFactor = defaultReplicationFactor
  const limits = { retentionHours: undefined, maxBatchBytes }
  const settings = { partitions, replicationFactor, minInsyncReplicas, flushEachBatch, ...limits }
  return admin.create(settings, { kind: 'log', logTag: id })
}
