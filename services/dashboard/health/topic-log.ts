import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { LedgerOfPartition } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { LogRange } from '../../ledger/ledger.ts'

/** What the cluster says of the topic. */
export type TopicLog = {
  /** The number of the log that the topic carries. */
  readonly logId: number | undefined
  readonly ranges: readonly LogRange[]
}

export async function readTopicLog(admin: TopicAdmin): Promise<TopicLog> {
  const { ranges, logTag } = await admin.state()
  return { logId: logTag, ranges }
}

/** The offsets up to which the table has the current log, by partition. */
export function storedOffsets(
  ledgers: readonly LedgerOfPartition[],
  logId: number | undefined,
): ReadonlyMap<number, number> {
  const current = ledgers.filter((ledger) => ledger.logId === logId)
  return new Map(current.map(({ partition, nextOffset }) => [partition, nextOffset]))
}

/** So many records of a partition are read at a start at most, however far behind the table is. */
const maxBacklogRecords = 50_000

/**
 * The offset at which a partition is begun: where the table ends, so that nothing is missed, but not
 * so far back that the present is long in coming.
 */
export function replayOffset(stored: number | undefined, highWatermark: number): number {
  const earliest = Math.max(0, highWatermark - maxBacklogRecords)
  return Math.max(Math.min(stored ?? earliest, highWatermark), earliest)
}
