import type { FetchedRange, LedgerPosition, LogRange } from './ledger.ts'
import { compareLastRecord } from './ledger.ts'

/** The log that the database knows, and how far its ledgers have come. */
export type KnownLog = {
  readonly id: number
  readonly clusterId: string
  /** By partition. */
  readonly positions: ReadonlyMap<number, LedgerPosition>
}

/** What the cluster has under the topic's name. */
export type ObservedTopic = {
  readonly clusterId: string
  readonly ranges: readonly LogRange[]
  readonly logTag: number | undefined
  /** What has been read of it, by partition; what was not read is taken for what it should be. */
  readonly fetched?: ReadonlyMap<number, FetchedRange>
}

/** Tells which log a topic carries. Topics that the platform has not created need another way than a tag. */
export interface LogIdentity {
  /** Why the present topic is not the log that the database knows, or undefined if it is. */
  newLogReason(known: KnownLog | undefined, topic: ObservedTopic): string | undefined
  /** Marks the topic as the log of this number. */
  mark(logId: number): Promise<void>
}

/**
 * Why the topic that is there is not the log that the database knows, or undefined where it is.
 * Told by the cluster, by the tag that came with the topic's creation, by ledgers that have come
 * further than the log, and by another record where a ledger's last one should be: a log that has
 * lost its tail may have grown again.
 */
export function newLogReason(
  known: KnownLog | undefined,
  topic: ObservedTopic,
): string | undefined {
  if (known === undefined) return 'the first log of this database'
  if (known.clusterId !== topic.clusterId) return 'the Kafka cluster is another one'
  if (known.id !== topic.logTag) return 'the topic was made anew'
  for (const [partition, position] of known.positions) {
    const reason = differenceInPartition(partition, position, topic)
    if (reason !== undefined) return reason
  }
  return undefined
}

function differenceInPartition(
  partition: number,
  { nextOffset, lastRecord }: LedgerPosition,
  { ranges, fetched }: ObservedTopic,
): string | undefined {
  const high = ranges[partition]?.high ?? 0
  if (high < nextOffset) {
    return `partition ${partition} ends at ${high}, its ledger stands at ${nextOffset}`
  }
  const read = fetched?.get(partition)
  if (lastRecord === undefined || read === undefined) return undefined
  if (compareLastRecord(lastRecord, read) !== 'other') return undefined
  return `partition ${partition} holds another record at ${lastRecord.offset} than the one its ledger has settled`
}
