import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { LedgerOfPartition } from '../../ledger/account.ts'
import type { LogRange } from '../../ledger/ledger.ts'

/** The log that the topic contains now, as the cluster reports it. */
export type TopicLog = {
  /** Undefined if it is not known. */
  readonly logId: number | undefined
  /** One range of offsets per partition. */
  readonly ranges: readonly LogRange[]
}

export async function readTopicLog(admin: Pick<TopicAdmin, 'state'>): Promise<TopicLog> {
  const { ranges, logTag } = await admin.state()
  return { logId: logTag, ranges }
}

/** By partition, the offset up to which the records of this log are stored in the table. */
export function storedOffsets(
  ledgers: readonly LedgerOfPartition[],
  logId: number | undefined,
): ReadonlyMap<number, number> {
  const current = ledgers.filter((ledger) => ledger.logId === logId)
  return new Map(current.map(({ partition, nextOffset }) => [partition, nextOffset]))
}

/**
 * Limit per partition at the start, so that the live view is soon up to date even with a large lag.
 */
const maxBacklogRecords = 50_000

/**
 * The offset at which reading of a partition starts: where the stored records end, so that no
 * record is missed, but at most `maxBacklogRecords` before the high watermark.
 */
export function replayOffset(stored: number | undefined, highWatermark: number): number {
  const earliest = Math.max(0, highWatermark - maxBacklogRecords)
  return Math.max(Math.min(stored ?? earliest, highWatermark), earliest)
}
