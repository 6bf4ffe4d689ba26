import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import { unlessAborted } from '../../runtime/abort.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { LogRange } from '../../ledger/ledger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import type { LagLimit } from './lag-limit.ts'
import type { TopicWatch } from '../topic-watch.ts'

const intervalMs = 1_000

export type WatchLagOptions = {
  readonly admin: Pick<TopicAdmin, 'committed'>
  /** The consumer group of the readings. */
  readonly groupId: string
  readonly watch: Pick<TopicWatch, 'view'>
  readonly lagLimit: LagLimit
  readonly logger: Logger
}

/**
 * Updates the lag once a second until the signal aborts, and then does not wait for a pending answer. The
 * offsets come from Kafka, so Postgres is not needed.
 */
export async function watchLag(options: WatchLagOptions, signal: AbortSignal): Promise<void> {
  const { admin, groupId, watch, lagLimit, logger } = options
  const warnings = new WarnOnce(logger, signal)
  const updateLag = async (): Promise<void> => {
    const committed = await admin.committed(groupId)
    if (watch.view === undefined) return
    lagLimit.update(lagOf(watch.view.ranges, committed), performance.now())
  }
  const attempt = () => warnings.attempt(updateLag, { failed: 'lag-not-seen' })
  await poll(() => unlessAborted(attempt(), signal), { intervalMs, signal })
}

/**
 * The number of records above the committed offsets, over all partitions. A partition without a
 * committed offset counts in full.
 */
export function lagOf(ranges: readonly LogRange[], committed: ReadonlyMap<number, number>): number {
  return ranges.reduce((sum, { low, high }, partition) => {
    const next = Math.max(committed.get(partition) ?? low, low)
    return sum + Math.max(high - next, 0)
  }, 0)
}
