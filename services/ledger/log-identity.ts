import type { FetchedRange, LedgerPosition, LogRange } from './ledger.ts'
import { compareLastRecord } from './ledger.ts'

/** The topic's current log in the database, and the positions of its ledgers. */
export type KnownLog = {
  readonly id: number
  readonly clusterId: string
  /** The id of the topic, if it was known when the log began or was read later. */
  readonly topicId?: string | undefined
  /** By partition. */
  readonly positions: ReadonlyMap<number, LedgerPosition>
}

/** The topic as the Kafka cluster reports it. */
export type ObservedTopic = {
  readonly clusterId: string
  readonly ranges: readonly LogRange[]
  readonly logTag: number | undefined
  /** The id that Kafka gave the topic, if it was read. */
  readonly topicId?: string | undefined
  /** What was fetched, by partition. Partitions that were not fetched are not checked. */
  readonly fetched?: ReadonlyMap<number, FetchedRange>
}

/** Identifies the log of a topic. Topics that were not created by the platform need another way than a tag. */
export interface LogIdentity {
  /** Whether the topic may lack offsets, e.g. because it is compacted. */
  readonly mayHaveGaps: boolean
  /** Whether the id that Kafka gave the topic is read, and is part of the identity. */
  readonly usesTopicId: boolean
  /** Returns why the topic is a new log, or undefined if it is the log that the database knows. */
  newLogReason(known: KnownLog | undefined, topic: ObservedTopic): string | undefined
  /** Marks the topic as the log with this id. */
  mark(logId: number): Promise<void>
}

/**
 * Returns why the topic is a new log, or undefined if it is the log that the database knows. It is a
 * new log if the cluster id or the topic's tag differs, if a ledger is ahead of the log, or if another
 * record is at the offset of a ledger's last record (the log has lost its tail and grown again).
 */
export function newLogReason(
  known: KnownLog | undefined,
  topic: ObservedTopic,
): string | undefined {
  if (known === undefined) return 'the first log of this database'
  if (known.clusterId !== topic.clusterId) return clusterReason
  if (known.id !== topic.logTag) return createdAgain
  return differenceInPartitions(known, topic, false)
}

/**
 * For a topic that another program has created. It is never altered, so it has no tag. It is a new
 * log if the cluster id or the id of the topic differs, if a ledger is ahead of the log, or if a record
 * with another time is at the offset of a ledger's last record. If there is no record at that offset, it
 * was compacted away, and the ledger continues.
 */
export const foreignLogIdentity: LogIdentity = {
  mayHaveGaps: true,
  usesTopicId: true,
  newLogReason: (known, topic) => {
    if (known === undefined) return 'the first log of this topic'
    return differenceOfIds(known, topic, true)
  },
  mark: () => Promise.resolve(),
}

/**
 * For a topic of the platform whose settings may not be changed, so that it has no tag (`kafka.external`). Its id
 * tells whether it was created again. It is not compacted, so a missing offset is a damage.
 */
export const untaggedLogIdentity: LogIdentity = {
  mayHaveGaps: false,
  usesTopicId: true,
  newLogReason: (known, topic) =>
    known === undefined ? 'the first log of this database' : differenceOfIds(known, topic, false),
  mark: () => Promise.resolve(),
}

const createdAgain = 'the topic was created again'
const clusterReason = 'the Kafka cluster has changed'

function differenceOfIds(
  known: KnownLog,
  topic: ObservedTopic,
  mayHaveGaps: boolean,
): string | undefined {
  if (known.clusterId !== topic.clusterId) return clusterReason
  const areIdsKnown = known.topicId !== undefined && topic.topicId !== undefined
  if (areIdsKnown && known.topicId !== topic.topicId) return createdAgain
  return differenceInPartitions(known, topic, mayHaveGaps)
}

function differenceInPartitions(
  known: KnownLog,
  topic: ObservedTopic,
  mayHaveGaps: boolean,
): string | undefined {
  for (const [partition, position] of known.positions) {
    const { nextOffset, lastRecord } = position
    const high = topic.ranges[partition]?.high ?? 0
    if (high < nextOffset) {
      return `partition ${partition} ends at offset ${high}, but its ledger is at ${nextOffset}`
    }
    const fetched = topic.fetched?.get(partition)
    if (lastRecord === undefined || fetched === undefined) continue
    if (compareLastRecord(lastRecord, fetched, mayHaveGaps) === 'different')
      return anotherRecord(partition, lastRecord.offset)
  }
  return undefined
}

function anotherRecord(partition: number, offset: number): string {
  return `partition ${partition} has another record at offset ${offset} than the one that its ledger settled`
}
